// The page "Make a scene": upload photos, and show the state of each.

import { keepFocus } from "./focus.js";
import { post } from "./post.js";
import { text } from "./texts.js";

const POLL_MS = 700;
const STEPS = {
  begin: text("Starting"),
  decode: text("Reading the photo"),
  load: text("Loading the model"),
  predict: text("Predicting the scene"),
  write: text("Writing the scene"),
  keep: text("Adding the photo to the library…"),
};
const STATES = {
  waiting: text("Waiting"),
  done: text("Done"),
  failed: text("Failed"),
  cancelled: text("Stopped"),
};

const form = document.querySelector(".make");
const drop = form.querySelector(".drop");
const field = form.elements.photo;
const error = form.querySelector(".error");
const list = document.querySelector(".jobs");
const title = document.querySelector(".jobs-title");
let timer = 0;

/** Submit files one after the other. The errors of all of them stay until the next choice. */
async function submitAll(files) {
  error.replaceChildren();
  for (const file of files) await submit(file);
}

function showError(message, name = "") {
  const line = make("span");
  if (name) line.append(Object.assign(make("span"), { textContent: `${name}: `, translate: false }));
  line.append(message);
  error.append(line);
}

async function submit(file) {
  if (file.size > Number(form.dataset.largest)) {
    showError(text("This photo is too large."), file.name);
    return;
  }
  const query = new URLSearchParams({ name: file.name, model: form.elements.model.value });
  if (form.elements.focal_35mm.value) query.set("focal_35mm", form.elements.focal_35mm.value);
  try {
    await post(`/api/jobs?${query}`, file);
  } catch (problem) {
    showError(problem.message, file.name);
  }
  await update();
}

async function update() {
  clearTimeout(timer);
  const response = await fetch("/api/jobs").catch(() => null);
  const jobs = response?.ok ? await response.json() : [];
  show(jobs);
  const isBusy = jobs.some(({ state, keep }) => /waiting|running/.test(state) || /running|waiting/.test(keep));
  if (isBusy || !response) timer = setTimeout(update, POLL_MS);
}

// Rows are updated, not created again, so that a button keeps the focus.
function show(jobs) {
  title.hidden = jobs.length === 0;
  const rows = new Map([...list.children].map((row) => [row.dataset.id, row]));
  for (const [index, job] of jobs.entries()) {
    const row = rows.get(job.id) ?? makeRow(job);
    rows.delete(job.id);
    fill(row, job);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  }
  for (const row of rows.values()) {
    const beside = [row.nextElementSibling, row.previousElementSibling];
    keepFocus(() => row.remove(), () => [...beside.map((other) => other?.querySelector("button")), field]);
  }
}

function makeRow(job) {
  const row = make("li");
  row.dataset.id = job.id;
  const about = make("div");
  about.append(Object.assign(make("div", "job-name"), { translate: false }), make("div", "job-state"));
  row.append(make("div", "job-blank"), about, make("div", "job-end"));
  return row;
}

function fill(row, job) {
  const step = job.state === "running" ? (STEPS[job.step] ?? STEPS.begin) : STATES[job.state];
  if (row.dataset.state === job.state && row.dataset.step === step) return;
  row.dataset.state = job.state;
  row.dataset.step = step;
  const [, about, end] = row.children;
  const [name, state] = about.children;
  const isDone = job.state === "done";
  const isBusy = /waiting|running/.test(job.state);
  name.replaceChildren(isDone ? link(`/made/${job.id}`, job.name) : job.name);
  const problem = [job.error, job.hint].filter(Boolean).join(" ");
  state.replaceChildren(problem ? text("{state}: {problem}", { state: step, problem }) : step);
  if (job.state === "running") {
    const bar = make("progress");
    bar.setAttribute("aria-label", `${job.name}: ${step}`);
    state.append(bar);
  }
  if (isDone && row.firstChild.tagName !== "IMG") {
    const image = make("img");
    image.src = `/made/${job.id}/picture.webp`;
    image.alt = "";
    row.firstChild.replaceWith(image);
  }
  const button = make("button", "quiet");
  button.type = "button";
  button.textContent = isBusy ? text("Stop") : text("Remove");
  button.setAttribute("aria-label", `${button.textContent}: ${job.name}`);
  button.addEventListener("click", async () => {
    await post(`/api/jobs/${job.id}/cancel`).catch((problem) => {
      showError(problem.message);
    });
    await update();
  });
  keepFocus(() => end.replaceChildren(button), () => [button]);
}

function make(tag, className = "") {
  return Object.assign(document.createElement(tag), { className });
}

function link(href, name) {
  return Object.assign(make("a"), { href, textContent: name });
}

field.addEventListener("change", () => {
  const files = [...field.files]; // emptied with the field
  field.value = "";
  submitAll(files);
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("is-over");
});
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("is-over");
  await submitAll([...event.dataTransfer.files]);
});
update();

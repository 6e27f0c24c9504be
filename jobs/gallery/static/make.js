// The page "Make a scene": upload photos, and show the state of each.

import { post } from "./post.js";

const POLL_MS = 700;
const STEPS = {
  begin: "Starting",
  decode: "Reading the photo",
  load: "Loading the model",
  predict: "Predicting the scene",
  write: "Writing the scene",
  keep: "Adding the photo to the library",
};
const STATES = { waiting: "Waiting", done: "Done", failed: "Failed", cancelled: "Stopped" };

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

function showError(text) {
  error.append(Object.assign(make("span"), { textContent: text }));
}

async function submit(file) {
  if (file.size > Number(form.dataset.largest)) {
    showError(`${file.name} is too large.`);
    return;
  }
  const query = new URLSearchParams({ name: file.name, model: form.elements.model.value });
  if (form.elements.focal_35mm.value) query.set("focal_35mm", form.elements.focal_35mm.value);
  try {
    await post(`/api/jobs?${query}`, file);
  } catch (problem) {
    showError(`${file.name}: ${problem.message}`);
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
  for (const row of rows.values()) row.remove();
}

function makeRow(job) {
  const row = make("li");
  row.dataset.id = job.id;
  const text = make("div");
  text.append(make("div", "job-name"), make("div", "job-state"));
  row.append(make("div", "job-blank"), text, make("div", "job-end"));
  return row;
}

function fill(row, job) {
  const text = job.state === "running" ? (STEPS[job.step] ?? "Starting") : STATES[job.state];
  if (row.dataset.state === job.state && row.dataset.text === text) return;
  row.dataset.state = job.state;
  row.dataset.text = text;
  const [, about, end] = row.children;
  const [name, state] = about.children;
  const isDone = job.state === "done";
  const isBusy = /waiting|running/.test(job.state);
  name.replaceChildren(isDone ? link(`/made/${job.id}`, job.name) : job.name);
  state.replaceChildren([text, job.error, job.hint].filter(Boolean).join(". "));
  if (job.state === "running") {
    const bar = make("progress");
    bar.setAttribute("aria-label", `${job.name}: ${text}`);
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
  button.textContent = isBusy ? "Stop" : "Remove";
  button.setAttribute("aria-label", `${button.textContent} ${job.name}`);
  button.addEventListener("click", async () => {
    await post(`/api/jobs/${job.id}/cancel`).catch((problem) => {
      showError(problem.message);
    });
    await update();
  });
  end.replaceChildren(button);
}

function make(tag, className = "") {
  return Object.assign(document.createElement(tag), { className });
}

function link(href, text) {
  return Object.assign(make("a"), { href, textContent: text });
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

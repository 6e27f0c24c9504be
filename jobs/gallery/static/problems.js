// The page of problems: photos that failed are tried again, and those that wait are made now. It is
// a run like any other: live.js shows its progress.

import { keepFocus } from "./focus.js";
import { post, rest, rests } from "./post.js";
import { numberText, text } from "./texts.js";

const bar = document.querySelector(".make-all");
const state = bar?.dataset.state;
const [makeAll, stop, status] = bar?.children ?? [];
const asked = new Set(); // on this page, and not finished
let number = 0; // of what was asked for last

const rows = () => [...document.querySelectorAll(".problems li")];
const idOf = (row) => new URL(row.querySelector("a").href).pathname.split("/").pop();

function makeButtons() {
  const all = rows();
  bar.hidden = all.length === 0;
  const values = { count: numberText(all.length) };
  if (state === "failed") {
    makeAll.textContent = all.length === 1 ? text("Try this photo again") : text("Try these {count} photos again", values);
  } else {
    makeAll.textContent = all.length === 1 ? text("Make its scene now") : text("Make these {count} scenes now", values);
  }
  for (const row of all) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = state === "failed" ? text("Try again") : text("Make its scene now");
    button.setAttribute("aria-label", `${button.textContent}: ${row.querySelector("a").textContent}`);
    button.addEventListener("click", () => rests(button) || make([row]));
    row.append(button);
  }
}

async function make(chosen) {
  const photos = chosen.map(idOf);
  status.textContent = "";
  try {
    const making = await post("/api/make", JSON.stringify({ photos }));
    number = Math.max(number, making?.number ?? 0);
    for (const id of photos) asked.add(id);
    mark();
  } catch (problem) {
    status.textContent = problem.message;
  }
}

function mark() {
  for (const row of rows()) {
    const button = row.querySelector("button");
    if (!button) continue;
    rest(button, asked.has(idOf(row)));
    if (rests(button)) button.textContent = text("Asked for");
  }
  rest(makeAll, rows().every((row) => asked.has(idOf(row))));
}

function resultOf({ state: end, error, hint, made, failed, skipped, not_begun: left, without_file: gone }) {
  if (end === "stopped") return text("Stopped");
  const problem = [error, hint].filter(Boolean).join(" ");
  if (end === "failed") return problem;
  const parts = [text("{count} made", { count: numberText(made) })];
  if (failed) parts.push(text("{count} failed", { count: numberText(failed) }));
  if (skipped) parts.push(text("{count} skipped", { count: numberText(skipped) }));
  if (gone) parts.push(text("{count} without a file", { count: numberText(gone) }));
  if (left) parts.push(text("{count} not begun", { count: numberText(left) }));
  return [parts.join(", "), problem].filter(Boolean).join(". ");
}

document.addEventListener("library-state", async ({ detail: { making } }) => {
  if (!bar || !making) return;
  const isOver = !/waiting|running/.test(making.state) && making.then === 0;
  keepFocus(() => {
    stop.hidden = isOver;
  }, () => [makeAll]);
  if (!isOver || asked.size === 0 || making.number < number) return;
  asked.clear();
  await refresh().catch(() => null);
  // All pages are told the same: this one asks for the messages in its language.
  const response = await fetch("/api/make").catch(() => null);
  status.textContent = resultOf(response?.ok ? await response.json() : making);
});

/** Show the page as it is now, without a new load: the place and the focus stay. */
async function refresh() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const focused = document.activeElement;
  const at = rows().findIndex((row) => row.contains(focused));
  const id = at < 0 ? null : idOf(rows()[at]);
  keepFocus(() => {
    for (const name of ["main > h1", "main > .tabs", "main > .reasons", ".problems"]) {
      const now = page.querySelector(name);
      if (now) document.querySelector(name)?.replaceWith(document.importNode(now, true));
    }
    makeButtons();
    mark();
  }, () => {
    const all = rows();
    const row = all.find((other) => idOf(other) === id) ?? all[Math.min(at, all.length - 1)];
    const same = [...document.querySelectorAll("main a")].filter((link) => link.href === focused.href);
    return at < 0 ? same : [row?.querySelector(focused.localName), makeAll];
  });
}

if (bar) {
  makeButtons();
  makeAll.addEventListener("click", () => rests(makeAll) || make(rows().filter((row) => !asked.has(idOf(row)))));
  stop.addEventListener("click", () => post("/api/make/stop").catch((problem) => {
    status.textContent = problem.message;
  }));
}

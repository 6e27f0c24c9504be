// The button "Add to library" on the page of an uploaded photo.

import { keepFocus } from "./focus.js";
import { post, rest, rests } from "./post.js";
import { text } from "./texts.js";

const POLL_MS = 700;
const keep = document.querySelector(".keep");
const button = keep.querySelector("button");
const status = keep.querySelector("[role=status]");
const { job, photo } = keep.dataset;

function show(state, error) {
  rest(button, /running|waiting/.test(state));
  if (state === "waiting") status.textContent = text("Waiting for another run to end. {error}", { error });
  if (state === "running") status.textContent = text("Adding the photo to the library…");
  if (state === "failed") status.textContent = error;
  if (state === "done") {
    const link = document.createElement("a");
    link.href = `/photos/${photo}`;
    link.textContent = text("The photo is in the library.");
    status.replaceChildren(link);
    keepFocus(() => {
      button.hidden = true;
    }, () => [link]);
  }
  if (/running|waiting/.test(state)) setTimeout(poll, POLL_MS);
}

async function poll() {
  const jobs = await (await fetch("/api/jobs")).json();
  const mine = jobs.find(({ id }) => id === job);
  show(mine?.keep ?? "failed", mine?.keep_error ?? text("This scene was removed."));
}

button.addEventListener("click", async () => {
  if (rests(button)) return;
  try {
    const answer = await post(`/api/jobs/${job}/keep`);
    show(answer.keep, answer.keep_error);
  } catch (problem) {
    show("failed", problem.message);
  }
});
show(keep.dataset.keep, "");

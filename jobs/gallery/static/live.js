// What the gallery tells an open page: the run that works now, and that photos came.
//
// Each state goes to the document as an event "library-state". The browser connects again by itself
// when the connection is lost. A page that nobody sees holds no connection: browsers allow six to a
// gallery, for all of its pages together.

import { numberText, text } from "./texts.js";

const AGAIN_MS = 10_000;
const strip = document.querySelector(".live");
const said = document.querySelector(".live-said");
let source = null;
let timer = 0;
let last = null;

function open() {
  if (source || document.hidden) return;
  source = new EventSource("/live");
  source.addEventListener("message", ({ data }) => take(JSON.parse(data)));
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // it connects again by itself
    close();
    timer = setTimeout(open, AGAIN_MS);
  });
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function take(state) {
  show(state);
  announce(state);
  last = state;
  document.dispatchEvent(new CustomEvent("library-state", { detail: state }));
}

const TITLES = {
  ingest: () => text("Making scenes"),
  preview: () => text("Making clips"),
  export: () => text("Exporting"),
  convert: () => text("Converting scenes"),
  score: () => text("Scoring scenes"),
};

function titleOf(run) {
  return TITLES[run.command]?.() ?? text("A run is at work");
}

function show({ run, making }) {
  const isWaiting = making?.state === "waiting";
  strip.hidden = !run && !isWaiting;
  if (strip.hidden) return;
  const [words, bar] = strip.children;
  bar.hidden = !run;
  if (!run) {
    words.textContent = waitText(making);
    return;
  }
  bar.setAttribute("aria-label", titleOf(run));
  if (run.left === null) {
    bar.removeAttribute("value");
    words.textContent = [titleOf(run), text("looking for what is due")].join(": ");
    return;
  }
  bar.max = run.done + run.failed + run.left;
  bar.value = run.done + run.failed;
  words.textContent = [`${titleOf(run)}: ${countsOf(run)}`, rateOf(run), timeOf(run)].filter(Boolean).join(" · ");
}

function countsOf({ done, failed, left }) {
  const parts = [text("{count} done", { count: numberText(done) })];
  if (failed) parts.push(text("{count} failed", { count: numberText(failed) }));
  parts.push(text("{count} left", { count: numberText(left) }));
  return parts.join(", ");
}

function rateOf({ per_second: rate }) {
  if (!rate) return "";
  if (rate >= 1) return text("{rate} a second", { rate: numberText(rate, 1) });
  if (rate >= 1 / 60) return text("{rate} a minute", { rate: numberText(60 * rate, 1) });
  return text("{rate} an hour", { rate: numberText(3600 * rate, 1) });
}

function timeOf({ seconds_left: seconds }) {
  if (seconds === null) return "";
  if (seconds < 90) return text("about {count} s to go", { count: seconds });
  if (seconds < 5400) return text("about {count} min to go", { count: Math.round(seconds / 60) });
  return text("about {count} h to go", { count: numberText(seconds / 3600, 1) });
}

function waitText({ photos }) {
  return photos === 1
    ? text("1 photo waits until another run no longer holds the library")
    : text("{count} photos wait until another run no longer holds the library", { count: numberText(photos) });
}

// The strip changes every second: a screen reader is told of beginnings and ends alone.
function announce({ run, making }) {
  if (!last) return;
  if (run && run.id !== last.run?.id) said.textContent = titleOf(run);
  if (!run && last.run) said.textContent = text("The run has ended");
  if (making?.state === "waiting" && last.making?.state !== "waiting") said.textContent = waitText(making);
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", open);
open();

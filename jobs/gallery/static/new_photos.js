// Photos that a run adds while the page is open. They are announced, and placed in when the person
// asks for them; at once where the window is at the top, and nothing there is in use.

import { keepFocus } from "./focus.js";
import { numberText, photosText, text } from "./texts.js";

const button = document.querySelector(".fresh");
const heading = document.querySelector(".count");
const AGAIN_MS = 10_000;
let content = null; // as the gallery told last
let taken = null; // that the page shows, or has announced
let isAsking = false;
let found = null;

/** Show in a timeline what a run adds to it; null is that of a view without photos. */
export function showNewPhotos(grid) {
  document.addEventListener("library-state", ({ detail }) => {
    content = detail.content;
    keepUp(grid);
  });
  button.addEventListener("click", async () => {
    const period = await place(grid);
    if (!period) return;
    const link = await grid.reach(period, 0);
    link?.focus({ preventScroll: true });
    period.element.scrollIntoView({ block: "start", behavior: "instant" });
  });
}

/** Ask until the page has what was told last: no other state may come, and requests may fail. */
async function keepUp(grid) {
  if (isAsking) return;
  isAsking = true;
  while (taken !== content) {
    const asked = content;
    try {
      await ask(grid);
      taken = asked;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  isAsking = false;
}

async function ask(grid) {
  const response = await fetch(`/api/periods${location.search}`);
  if (!response.ok) throw new Error(`periods: ${response.status}`);
  found = await response.json();
  showStates(found.states);
  const now = found.periods.reduce((sum, [, count]) => sum + count, 0);
  if (!grid) {
    if (now) location.reload(); // there was nothing to look at
  } else {
    await take(grid, now - grid.count);
  }
}

async function take(grid, added) {
  const isInUse = grid.element.contains(document.activeElement) || document.body.classList.contains("is-selecting");
  if (added <= 0 || (grid.isAtTop && !isInUse)) {
    if (added || button.hidden === false) await place(grid);
    return;
  }
  const label =
    added === 1
      ? text("1 new scene: show")
      : text("{count} new scenes: show", { count: numberText(added) });
  if (button.textContent !== label) button.textContent = label;
  button.hidden = false;
}

async function place(grid) {
  const period = await grid.update(found.periods);
  heading.textContent = photosText(grid.count);
  keepFocus(() => {
    button.hidden = true;
  });
  return period;
}

function showStates(states) {
  for (const link of document.querySelectorAll("[data-state-count]")) {
    const name = link.dataset.stateCount;
    keepFocus(() => {
      link.hidden = !states[name];
    });
    const count = numberText(states[name] ?? 0);
    if (name === "failed") link.textContent = text("{count} failed", { count });
    if (name === "skipped") link.textContent = text("{count} skipped", { count });
    if (name === "due") link.textContent = text("{count} waiting", { count });
  }
}

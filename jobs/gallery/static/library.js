// The first page: the timeline of the photos of a view, its place when a person returns, and filters.

import { usesKey } from "./keys.js";
import { showNewPhotos } from "./new_photos.js";
import { closeByEscape } from "./panels.js";
import { makeScrubber } from "./scrubber.js";
import { makeSelection } from "./select_bar.js";
import { LOCALE, text } from "./texts.js";
import { makeWords, Timeline, topHeight } from "./timeline.js";
import { walkByKeys } from "./walk.js";

async function photosOf(period, last) {
  const query = new URLSearchParams(location.search);
  query.set("period", period);
  if (last) query.set("beyond", last);
  const response = await fetch(`/api/photos?${query}`);
  if (!response.ok) throw new Error(`photos of ${period}: ${response.status}`);
  return response.json();
}

/** Restore the scroll position, and the focus, when a person returns to this view. */
async function rememberPlace(grid) {
  history.scrollRestoration = "manual";
  const key = `place ${location.search}`;
  addEventListener("pagehide", () => {
    sessionStorage.setItem(key, JSON.stringify(grid.place()));
  });
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  const isReturn = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  const isUp = location.hash.startsWith("#photo-");
  if (!isReturn && !isUp) {
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    return;
  }
  if (kept) {
    const period = grid.named(kept.name);
    if (period && kept.index >= 0) await grid.reach(period, kept.index).catch(() => null);
    grid.goTo(kept);
  }
  // photo.js has kept which photo was open.
  const open = JSON.parse(sessionStorage.getItem("open photo") ?? "null");
  sessionStorage.removeItem("open photo");
  if (!open || (isUp && location.hash !== `#photo-${open.id}`)) return;
  const link = await grid.find(open.id, open.taken).catch(() => null);
  if (!link || document.activeElement !== document.body) return;
  const { top, bottom } = link.getBoundingClientRect();
  link.focus({ preventScroll: true });
  if (top < topHeight() || bottom > innerHeight) {
    link.scrollIntoView({ block: "center", behavior: "instant" });
  }
  grid.ask();
}

const periods = JSON.parse(document.getElementById("periods").textContent);
if (periods.length) {
  const selection = makeSelection();
  const grid = new Timeline(document.querySelector(".timeline"), periods, {
    ...makeWords(text, LOCALE),
    photosOf,
    onTile: (...about) => selection.decorate(...about),
    pageOf: (id) => `/photos/${id}${location.search}`,
    thumbOf: (id) => `/thumbs/${id}.webp`,
  });
  rememberPlace(grid);
  selection.attach(grid); // before the keys that move the focus
  walkByKeys(grid);
  makeScrubber(grid);
  showNewPhotos(grid);
} else {
  showNewPhotos(null);
}

const panel = document.querySelector(".filters");
closeByEscape(panel);
document.addEventListener("pointerdown", (event) => {
  if (!panel.contains(event.target)) panel.open = false;
});
// The values to choose from are fetched when the filters are opened.
panel.addEventListener("toggle", async () => {
  const response = await fetch("/api/choices").catch(() => null);
  if (!response?.ok) return;
  const { cameras, lenses, models } = await response.json();
  const options = (values) => values.map((value) => new Option(value, value));
  document.getElementById("cameras").replaceChildren(...options(cameras));
  document.getElementById("lenses").replaceChildren(...options(lenses));
  const field = panel.querySelector(".model");
  const { value } = field.querySelector("select");
  field.querySelector("select").replaceChildren(new Option(text("Any"), ""), ...options(models));
  field.querySelector("select").value = value;
  field.hidden = models.length < 2 && !value;
}, { once: true });
// Empty fields stay out of the address, and can be filled in when a person goes back to this page.
panel.querySelector("form").addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || usesKey(event.target, event.key)) return;
  event.preventDefault();
  document.getElementById("text").focus();
});

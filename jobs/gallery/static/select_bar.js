// The bar of a selection: how many photos, and what can be done with all of them.

import { keepFocus } from "./focus.js";
import { act, post } from "./post.js";
import { Selection } from "./selection.js";
import { offerLink } from "./share.js";
import { numberText, text } from "./texts.js";

const bar = document.querySelector(".select-bar");
const number = bar.querySelector(".select-count");
const status = bar.querySelector(".select-status");
const choice = bar.querySelector("select[data-acts]");
const share = bar.querySelector(".share"); // not in a gallery that is read-only
const opener = document.querySelector(".select-open");
let hasChoices = false;

/** Return the selection of the page, whose bar shows what can be done with it. */
export function makeSelection() {
  const selection = new Selection(() => show(selection));
  opener.hidden = false;
  opener.addEventListener("click", () => {
    selection.begin();
    bar.querySelector("button").focus();
  });
  bar.querySelector(".select-end").addEventListener("click", () => selection.end());
  for (const button of bar.querySelectorAll("[data-favorite]")) {
    button.addEventListener("click", () => setFavorites(selection, button));
  }
  bar.querySelector(".select-make")?.addEventListener("click", ({ target }) => makeMissing(selection, target));
  bar.querySelector(".select-download").addEventListener("click", ({ target }) => download(selection, target));
  if (share) offerLink(share.querySelector("form"), () => ({ photos: [...selection.ids] }));
  return selection;
}

function show(selection) {
  keepFocus(() => {
    bar.hidden = !selection.isOn;
  }, () => [opener]);
  if (share && !selection.isOn) share.open = false;
  status.textContent = selection.note;
  const count = numberText(selection.ids.size);
  number.textContent = selection.ids.size === 1 ? text("1 photo selected") : text("{count} photos selected", { count });
  for (const part of bar.querySelectorAll("[data-acts]")) part.disabled = selection.ids.size === 0;
  if (selection.isOn && !hasChoices) fetchChoices();
}

async function fetchChoices() {
  hasChoices = true;
  const response = await fetch("/api/zip-choices").catch(() => null);
  hasChoices = response?.ok ?? false;
  if (!hasChoices) return;
  for (const { name, choices } of await response.json()) {
    const group = document.createElement("optgroup");
    group.label = name;
    group.append(...choices.map(({ value, label }) => new Option(label, value)));
    choice.append(group);
  }
}

async function setFavorites(selection, button) {
  const favorite = button.dataset.favorite === "true";
  const photos = [...selection.ids];
  await act(button, status, async () => {
    await post("/api/favorites", JSON.stringify({ photos, favorite }));
    const count = numberText(photos.length);
    if (favorite) return photos.length === 1 ? text("1 photo is a favorite now") : text("{count} photos are favorites now", { count });
    return photos.length === 1 ? text("1 photo is no favorite now") : text("{count} photos are no favorites now", { count });
  });
}

async function makeMissing(selection, button) {
  await act(button, status, async () => {
    const { photos } = await post("/api/make-missing", JSON.stringify({ photos: [...selection.ids] }));
    if (photos === 0) return text("These photos and their moments have their scenes already.");
    return photos === 1 ? text("1 scene is being made") : text("{count} scenes are being made", { count: numberText(photos) });
  });
}

async function download(selection, button) {
  await act(button, status, async () => {
    const { href } = await post("/api/zips", JSON.stringify({ photos: [...selection.ids], what: choice.value }));
    location.assign(href);
    return text("The download begins. Files are made one after the other while it runs.");
  });
}

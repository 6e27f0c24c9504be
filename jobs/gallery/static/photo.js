// The page of a photo: the ways to the photos beside it, which are loaded ahead.
//
// Keys and flicks follow the links to them. In a headset, the scenes follow each other on this page,
// and its address follows when the headset is taken off.

import { walkByLinks } from "./beside.js";

const main = document.getElementById("main");
const root = document.querySelector("[data-viewer]");

// The grid puts the focus back on the photo that was open.
sessionStorage.setItem(
  "open photo",
  JSON.stringify({ id: main.dataset.photo, taken: main.dataset.taken }),
);

const linkTo = (rel) => document.querySelector(`.beside a[rel="${rel}"]`);

walkByLinks(linkTo);

async function fetchSlide(id) {
  const response = await fetch(`/api/slides/${id}${location.search}`);
  return response.ok ? response.json() : null;
}

let shown = null; // in the headset: the slide after the page's own one
let isLoading = false;

document.addEventListener("viewer-beside", async ({ detail }) => {
  if (!root.viewer.isInHeadset) {
    linkTo(detail > 0 ? "next" : "prev")?.click();
    return;
  }
  if (isLoading) return;
  isLoading = true;
  try {
    const now = shown ?? (await fetchSlide(main.dataset.photo));
    const id = detail > 0 ? now?.older : now?.newer;
    const next = id && (await fetchSlide(id));
    if (next) {
      await root.viewer.show(next);
      shown = next;
    }
  } catch {
    // The scene that is shown stays.
  } finally {
    isLoading = false;
  }
});

document.addEventListener("viewer-headset-end", () => {
  if (shown && shown.photo_id !== main.dataset.photo) location.assign(shown.page);
});

// The neighbours are fetched once this page's own scene is there, so that they open at once.
function loadAhead() {
  if (navigator.connection?.saveData) return;
  for (const rel of ["next", "prev"]) {
    const link = linkTo(rel);
    if (!link) continue;
    const id = new URL(link.href).pathname.split("/").pop();
    fetchSlide(id)
      .then(async (slide) => {
        for (const url of slide ? [slide.photo, slide.scene] : []) {
          await (await fetch(url, { priority: "low" })).arrayBuffer();
        }
      })
      .catch(() => {});
  }
}

if (root) {
  new MutationObserver((_, observer) => {
    if (root.dataset.state !== "ready" || root.dataset.settled !== "true") return;
    observer.disconnect();
    loadAhead();
  }).observe(root, { attributeFilter: ["data-state", "data-settled"] });
}

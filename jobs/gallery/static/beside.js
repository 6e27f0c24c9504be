// The keys of a photo's page: N opens the next photo, P the previous one, Escape all photos.

import { usesKey } from "./keys.js";

const LINKS = { n: "next", p: "prev", escape: "up" };

/** Follow links by keys. `linkTo` returns the link for a relation: next, prev or up. */
export function walkByLinks(linkTo) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.fullscreenElement) return;
    if (event.defaultPrevented || usesKey(event.target, event.key)) return;
    const rel = LINKS[event.key.toLowerCase()];
    if (rel) linkTo(rel)?.click();
  });
}

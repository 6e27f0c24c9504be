// The page of a photo: keys and flicks that lead to the photos beside it.
//
// N opens the older photo, P the newer one, Escape all photos.

const LINKS = { n: "next", p: "prev", escape: "up" };

function follow(rel) {
  document.querySelector(`.beside a[rel="${rel}"]`)?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.fullscreenElement) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const rel = LINKS[event.key.toLowerCase()];
  if (rel) follow(rel);
});
document.addEventListener("viewer-beside", ({ detail }) => follow(detail > 0 ? "next" : "prev"));

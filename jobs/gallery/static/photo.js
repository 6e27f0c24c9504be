// Keys on a photo's page: N opens the older photo, P the newer one, Escape all photos.

const LINKS = { n: "next", p: "prev", Escape: "up" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.fullscreenElement) return;
  const rel = LINKS[event.key];
  if (rel) document.querySelector(`.beside a[rel="${rel}"]`)?.click();
});

// N and P go to the older and the newer photo, Escape back to all of them.

const LINKS = { n: "next", p: "prev", Escape: "up" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.fullscreenElement) return;
  const rel = LINKS[event.key];
  if (rel) document.querySelector(`.beside a[rel="${rel}"]`)?.click();
});

// Pictures that are missing are shown as an empty field, not as the browser's broken picture.

function mark(image) {
  image.classList.add("is-missing");
}

// Errors of pictures do not bubble: they are caught on their way down.
document.addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof HTMLImageElement) mark(target);
  },
  true,
);
document.addEventListener(
  "load",
  ({ target }) => {
    if (target instanceof HTMLImageElement) target.classList.remove("is-missing");
  },
  true,
);
for (const image of document.images) {
  if (image.complete && image.src && !image.naturalWidth) mark(image);
}

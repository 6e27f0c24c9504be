// Pictures that are missing are shown as a crossed field, not as the browser's broken picture. Their
// names are still read aloud.

const FIELD = "/static/missing.svg";

function replace(image) {
  if (image.src.endsWith(FIELD)) return;
  image.classList.add("is-missing");
  image.src = FIELD;
}

// Errors of pictures do not bubble: they are caught on their way down.
document.addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof HTMLImageElement) replace(target);
  },
  true,
);
for (const image of document.images) {
  if (image.complete && image.src && !image.naturalWidth) replace(image);
}

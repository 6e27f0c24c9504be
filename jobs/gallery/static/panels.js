// Panels that open below their button.

/** Let Escape close `panel`, a details element, and give its button the focus. */
export function closeByEscape(panel) {
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.open) return;
    event.preventDefault();
    panel.open = false;
    panel.querySelector("summary").focus();
  });
}

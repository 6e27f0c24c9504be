// The focus when what has it leaves the page, or is hidden. Browsers drop it then, and a person with a
// keyboard would begin anew at the top of the page.

/**
 * Do `change`. If what has the focus loses it by that, the first of `heirs()` that is seen gets it, and
 * else the heading of the page.
 */
export function keepFocus(change, heirs = () => []) {
  const before = document.activeElement;
  change();
  if (!before || before === document.body) return;
  if (before === document.activeElement && isSeen(before)) return;
  const heir = [before, ...heirs()].find((element) => element && isSeen(element));
  if (heir) heir.focus();
  else focusHeading();
}

function isSeen(element) {
  return element.isConnected && element.getClientRects().length > 0;
}

/** Focus the heading of the page, and leave the window where it is. */
export function focusHeading() {
  const heading = document.querySelector("main h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

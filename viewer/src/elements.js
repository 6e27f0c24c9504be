// Elements of the viewer's pages: buttons with an icon and a word.

import { icon } from "./icons.js";

/** Return an element with these properties. */
export function make(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}

/** Return a button. `label` says what it does; `word` is written on it, and is part of the label. */
export function button(name, label, word, act) {
  const element = make("button", { type: "button", title: label });
  element.setAttribute("aria-label", label);
  element.append(icon(name));
  if (word) element.append(make("span", { className: "viewer-word", textContent: word }));
  element.addEventListener("click", act);
  return element;
}

/** Return a button that is on or off. `act` gets which of the two it is now. */
export function toggle(name, label, word, act) {
  const element = button(name, label, word, () => {
    press(element, !isPressed(element));
    act(isPressed(element));
  });
  press(element, false);
  return element;
}

/** Show a toggle as on or off. */
export function press(element, on) {
  element.setAttribute("aria-pressed", String(on));
}

/** Return whether a toggle is on. */
export function isPressed(element) {
  return element.getAttribute("aria-pressed") === "true";
}

/** Change the icon of a button. */
export function setIcon(element, name) {
  element.querySelector("svg").replaceWith(icon(name));
}

/** Enter or leave full screen with `root`. */
export function toggleFullscreen(root) {
  if (document.fullscreenElement) return document.exitFullscreen();
  return root.requestFullscreen().catch(() => {}); // refused without a person's own act
}

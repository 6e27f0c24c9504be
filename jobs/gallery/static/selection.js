// Select many photos in the timeline: by their check marks, Shift for a range, a drag, a long press
// on touch screens, Space and Shift with arrow keys. Escape ends it.

import { usesKey } from "./keys.js";
import { numberText, text } from "./texts.js";

export const MOST = 10_000; // as the gallery takes at once
const LONG_PRESS_MS = 450;
const STILL = 10; // pixels that a finger moves at rest
const EDGE = 70; // pixels from the edge of the window where a drag scrolls
const STEP = 14;

/** The photos that are selected, and the gestures that select them. */
export class Selection {
  ids = new Set();
  isOn = false;
  note = ""; // what went otherwise than asked for
  #grid = null;
  #anchor = null; // where a range begins
  #before = new Set(); // what was selected when it began
  #isAdding = true;
  #asked = 0;
  #drag = null;
  #isClickOver = false; // the click that ends a drag means nothing
  #isWalking = false; // Shift and an arrow key move the focus

  /** `changed` is called after each change. */
  constructor(changed) {
    this.changed = changed;
  }

  /** Take part in a tile: it gets its check mark. */
  decorate(tile, id, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "check";
    button.tabIndex = -1; // Space on the photo does the same
    button.setAttribute("aria-label", text("Select {name}", { name: name || text("this photo") }));
    tile.dataset.photo = id;
    tile.append(button);
    this.#mark(tile);
  }

  attach(grid) {
    this.#grid = grid;
    const { element } = grid;
    element.addEventListener("click", (event) => this.#click(event), true);
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("focusin", ({ target }) => {
      if (this.#isWalking && target.dataset.period) this.#extend(target);
      this.#isWalking = false;
    });
    element.addEventListener("pointerdown", (event) => this.#press(event));
    element.addEventListener("contextmenu", (event) => this.#drag && event.preventDefault());
    // Only a listener that may prevent it keeps the page from scrolling under a finger that selects.
    element.addEventListener("touchmove", (event) => this.#drag?.isOn && event.preventDefault(), { passive: false });
    addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => this.#release());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.isOn || event.defaultPrevented) return;
      if (usesKey(event.target, event.key)) return;
      event.preventDefault();
      this.end();
    });
  }

  begin() {
    this.isOn = true;
    this.#tell();
  }

  end() {
    this.isOn = false;
    this.ids.clear();
    this.#anchor = null;
    this.#asked += 1;
    this.#tell();
  }

  #tell(note = "") {
    this.note = note;
    document.body.classList.toggle("is-selecting", this.isOn);
    for (const tile of this.#grid.element.querySelectorAll(".tiles li")) this.#mark(tile);
    this.changed();
  }

  #mark(tile) {
    const isSelected = this.ids.has(tile.dataset.photo);
    tile.classList.toggle("is-selected", isSelected);
    tile.querySelector(".check").setAttribute("aria-pressed", isSelected);
  }

  #toggle(link) {
    const place = this.#grid.placeOf(link.dataset);
    this.#isAdding = !this.ids.has(place.id);
    this.#anchor = place;
    this.#asked += 1; // a range on its way no longer counts
    const isFull = this.#isAdding && this.ids.size >= MOST;
    if (!this.#isAdding) this.ids.delete(place.id);
    else if (!isFull) this.ids.add(place.id);
    this.#before = new Set(this.ids);
    this.isOn = true;
    this.#tell(isFull ? text("No more than {most} photos can be selected at once.", { most: numberText(MOST) }) : "");
  }

  /** Select, or deselect, from where the last photo was toggled up to this one. */
  async #extend(link) {
    if (!this.#anchor) {
      this.#toggle(link);
      return;
    }
    this.isOn = true;
    const asked = ++this.#asked;
    const place = this.#grid.placeOf(link.dataset);
    const found = await this.#grid.idsBetween(this.#anchor, place, MOST).catch(() => null);
    if (asked !== this.#asked) return;
    if (!found) {
      this.#tell(text("The photos could not be read. Try again."));
      return;
    }
    const next = new Set(this.#before);
    let left = found.ids.length < MOST ? 0 : found.count - MOST;
    for (const id of found.ids) {
      if (!this.#isAdding) next.delete(id);
      else if (next.size < MOST) next.add(id);
      else if (!next.has(id)) left += 1;
    }
    this.ids = next;
    this.#tell(left > 0 ? this.#leftOut(left) : "");
  }

  #leftOut(left) {
    const counts = { most: numberText(MOST), all: numberText(this.ids.size + left) };
    if (this.#isAdding) return text("These are the first {most} of {all}: no more can be selected at once.", counts);
    return text("No more than {most} photos can be deselected at once.", counts);
  }

  async #selectAll() {
    const { periods } = this.#grid;
    const last = await this.#grid.reach(periods.at(-1), periods.at(-1).count - 1).catch(() => null);
    const first = await this.#grid.reach(periods[0], 0).catch(() => null);
    if (!first || !last) {
      this.isOn = true;
      this.#tell(text("The photos could not be read. Try again."));
      return;
    }
    this.#anchor = this.#grid.placeOf(first.dataset);
    this.#before = new Set();
    this.#isAdding = true;
    await this.#extend(last);
  }

  #click(event) {
    const tile = event.target.closest(".tiles li");
    if (!tile) return;
    const isCheck = event.target.closest(".check") !== null;
    if (this.#isClickOver) {
      this.#isClickOver = false;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!isCheck && (!this.isOn || event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const link = tile.querySelector("a");
    if (event.shiftKey) this.#extend(link);
    else this.#toggle(link);
  }

  #key(event) {
    if (!event.target.dataset.period || event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      if (event.shiftKey) this.#extend(event.target);
      else this.#toggle(event.target);
    } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#selectAll();
    } else if (event.shiftKey && /^(Arrow|Home$|End$)/.test(event.key)) {
      if (!this.#anchor) this.#toggle(event.target);
      this.#isWalking = true; // walk.js moves the focus
    }
  }

  #press(event) {
    const tile = event.target.closest(".tiles li");
    if (!tile || event.button !== 0) return;
    this.#isClickOver = false;
    const isTouch = event.pointerType === "touch";
    const isCheck = event.target.closest(".check") !== null;
    if (!isTouch && !isCheck && !this.isOn) return;
    this.#drag = { id: event.pointerId, x: event.clientX, y: event.clientY, link: tile.querySelector("a"), isOn: false };
    if (isTouch) this.#drag.timer = setTimeout(() => this.#beginDrag(true), LONG_PRESS_MS);
  }

  #beginDrag(isLongPress) {
    const drag = this.#drag;
    drag.isOn = true;
    this.#isClickOver = true;
    this.#toggle(drag.link);
    if (isLongPress) navigator.vibrate?.(10);
    drag.scroller = setInterval(() => this.#scrollAtEdge(), 16);
  }

  #move(event) {
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.id) return;
    const moved = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    if (!drag.isOn) {
      if (moved < STILL) return;
      if (event.pointerType === "touch") {
        this.#release(); // the finger scrolls
        return;
      }
      this.#beginDrag(false);
    }
    drag.last = event;
    this.#dragTo(event);
  }

  #dragTo({ clientX, clientY }) {
    const link = document.elementFromPoint(clientX, clientY)?.closest(".tiles li")?.querySelector("a");
    if (!link || link === this.#drag.to) return;
    this.#drag.to = link;
    this.#extend(link);
  }

  #scrollAtEdge() {
    const last = this.#drag?.last;
    if (!last) return;
    const top = document.querySelector(".top").offsetHeight;
    const speed = last.clientY < top + EDGE ? -STEP : last.clientY > innerHeight - EDGE ? STEP : 0;
    if (!speed) return;
    scrollBy({ top: speed, behavior: "instant" });
    this.#dragTo(last);
  }

  #release() {
    clearTimeout(this.#drag?.timer);
    clearInterval(this.#drag?.scroller);
    this.#drag = null;
  }
}

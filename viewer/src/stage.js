// The picture area of a viewer: the photo, the canvas, what is written over them, and their sizes.

import { contain } from "./camera.js";
import { make } from "./elements.js";
import { SHADES } from "./depth_colors.js";
import { metres, text } from "./texts.js";

// The photo fades out within this part of the way from its camera to the side of the head box.
const FADE_REACH = 0.08;

/** The elements of a viewer, built around the photo in `root`. */
export class Stage {
  #root;
  #behind;
  #status = make("p", { className: "viewer-status" });
  #bar = make("progress", { className: "viewer-progress", max: 1, hidden: true });
  #scale = make("p", { className: "viewer-scale", hidden: true });
  #share = 1;

  constructor(root, start) {
    this.#root = root;
    this.element = make("div", { className: "viewer-stage" });
    this.frame = make("div", { className: "viewer-frame" });
    this.canvas = make("canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "img");
    this.poster = root.querySelector(".viewer-poster");
    this.#behind = this.poster.cloneNode();
    this.#behind.className = "viewer-behind";
    this.#behind.alt = "";
    this.frame.append(this.#behind, this.canvas, this.poster);
    this.#status.setAttribute("role", "status");
    this.#bar.setAttribute("aria-label", text("loadingScene"));
    this.element.append(this.frame, this.#status, this.#bar, this.#scale);
    root.append(this.element);
    this.name(start);
  }

  /** Label the picture of `start`, and take its aspect. */
  name({ label, width, height, is360 }) {
    this.canvas.setAttribute(
      "aria-label",
      text(is360 ? "sphereLabel" : "sceneLabel", { name: label }),
    );
    this.#root.style.setProperty("--aspect", width / height);
  }

  /** Show another photo. */
  replacePhoto({ photo, label }) {
    this.poster.src = photo;
    this.poster.alt = label;
    this.#behind.src = photo;
  }

  /** Replace the photo by a larger one of the same view, if the screen can show more of it. */
  async sharpen(address) {
    const shown = this.frame.clientWidth * devicePixelRatio;
    if (!address || shown <= 1.05 * this.poster.naturalWidth) return;
    const larger = new Image();
    larger.src = address;
    const before = this.poster.src;
    try {
      await larger.decode();
    } catch {
      return; // the photo that is there stays
    }
    if (this.poster.src === before) this.poster.src = address;
  }

  /** Give the picture its size: as large as fits. Returns it, in CSS pixels. */
  layout({ width, height, is360 }, eyes) {
    const { clientWidth, clientHeight } = this.element;
    const fit = is360
      ? { width: clientWidth, height: clientHeight }
      : contain((eyes * width) / height, clientWidth, clientHeight);
    // Whole pixels on both sides: between pixels the photo would be blurred.
    const size = {
      width: clientWidth - 2 * Math.round((clientWidth - fit.width) / 2),
      height: clientHeight - 2 * Math.round((clientHeight - fit.height) / 2),
    };
    this.frame.style.width = `${size.width}px`;
    this.frame.style.height = `${size.height}px`;
    return size;
  }

  /**
   * Show the photo in front of the scene while the camera rests at the photo's, and let it fade as the
   * camera leaves. It returns only when the camera rests again: in motion it would flicker.
   */
  blend({ isHome, reach }) {
    this.#share = isHome ? 1 : Math.min(this.#share, Math.max(0, 1 - reach / FADE_REACH));
    this.poster.style.opacity = this.#share;
  }

  say(message) {
    this.#status.textContent = message;
  }

  /** Show a share of the loading from 0 to 1, or null if it is unknown; undefined hides it. */
  progress(share) {
    this.#bar.hidden = share === undefined;
    if (share === null) this.#bar.removeAttribute("value");
    else if (share !== undefined) this.#bar.value = share;
  }

  /** Show which shades of the depth view are which depths; null hides it. */
  showScale(box) {
    this.#scale.hidden = !box;
    if (!box) return;
    const shades = make("span", { className: "viewer-shades" });
    shades.style.background = `linear-gradient(to right, ${[...SHADES].reverse().join(", ")})`;
    this.#scale.replaceChildren(metres(box.near), shades, metres(box.far));
  }
}

// One of the two layers of a slideshow: a photo, and its scene when it is there.

import { contain, glideEye } from "./camera.js";
import { make } from "./elements.js";
import { loadScene, startOf } from "./load.js";
import { SplatScene } from "./scene.js";

const SPHERE_DEGREES = 60; // turned during one slide of a 360° scene

/** A layer. Each of its scenes has a graphics device of its own, which the next one releases. */
export class Slide {
  element = make("div", { className: "slide" });
  start = null;
  #behind = make("img", { className: "slide-behind", alt: "" });
  #frame = make("div", { className: "slide-frame" });
  #photo = make("img", { className: "slide-photo" });
  #canvas = null;
  #scene = null;
  #box = null;
  #side = 1;
  #onFrame = () => {};

  constructor() {
    this.#frame.append(this.#photo);
    this.element.append(this.#behind, this.#frame);
  }

  /**
   * Load a slide, and its scene if `moves`. Where the scene cannot be shown, the photo is. `side` is
   * the direction of its glide. Rejects if the photo is missing too.
   */
  async load(slide, { moves, side, eyes }) {
    this.start = startOf(slide);
    this.#side = side;
    this.#release();
    this.element.dataset.shows = "photo";
    this.#photo.src = this.#behind.src = this.start.photo;
    this.#photo.alt = this.start.label;
    await this.#photo.decode();
    if (!moves) return;
    try {
      await this.#loadScene(eyes);
    } catch {
      this.#release(); // no WebGL, or a damaged scene: the photo stays
    }
  }

  #release() {
    this.#scene?.destroy();
    // Browsers have few graphics devices, and release lost ones at once.
    this.#canvas?.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
    this.#canvas?.remove();
    this.#scene = this.#canvas = this.#box = null;
  }

  async #loadScene(eyes) {
    const bytes = await loadScene(this.start);
    this.#canvas = make("canvas");
    this.#canvas.setAttribute("aria-hidden", "true");
    this.#frame.append(this.#canvas);
    this.#scene = new SplatScene(this.#canvas, this.start, () => this.#onFrame());
    this.#box = await this.#scene.load(bytes);
    this.layout(eyes);
    this.glide(0);
    await new Promise((resolve) => {
      this.#onFrame = resolve;
    });
    this.#onFrame = () => {};
    this.element.dataset.shows = "scene";
  }

  /** Fit the picture to the window. `eyes` is "one", "two" (side by side) or "squeezed". */
  layout(eyes) {
    if (!this.start) return;
    const { width, height, is360 } = this.start;
    const isStereo = eyes !== "one" && this.#box !== null;
    const fills = is360 || (isStereo && eyes === "squeezed");
    const aspect = ((isStereo ? 2 : 1) * width) / height;
    const size = fills
      ? { width: innerWidth, height: innerHeight }
      : contain(aspect, innerWidth, innerHeight);
    this.#frame.style.width = `${size.width}px`;
    this.#frame.style.height = `${size.height}px`;
    this.element.dataset.eyes = isStereo ? eyes : "one";
    if (!this.#scene) return;
    this.#scene.isStereo = isStereo;
    this.#scene.eyeAspect = isStereo && eyes === "squeezed" ? innerWidth / innerHeight : null;
    this.#scene.resize(size.width, size.height);
  }

  /** Show the view after a share of the slide's time, from 0 to 1. */
  glide(share) {
    if (!this.#box) return;
    if (this.start.is360) {
      const yaw = this.#side * SPHERE_DEGREES * (share - 0.5);
      this.#scene.turn({ yaw, pitch: 0, zoom: 1 }, this.#box);
    } else {
      this.#scene.look(glideEye(share, this.#side, this.#box), this.#box);
    }
  }
}

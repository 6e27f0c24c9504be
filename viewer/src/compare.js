// The comparison: the photo, or another model's scene of it, to the left of a divider.

import { make } from "./elements.js";
import { loadScene } from "./load.js";
import { SplatScene } from "./scene.js";
import { text } from "./texts.js";

/** Shows the comparison in a stage. `others` are scenes of the same photo: name, scene, focal. */
export class Comparison {
  #root;
  #stage;
  #photo;
  #others;
  #divider;
  #choice = null;
  #canvas = null;
  #scene = null;
  #size = null;
  #show = () => {};

  constructor(root, stage, photo, others) {
    this.#root = root;
    this.#stage = stage;
    this.#photo = photo;
    this.#others = others;
    this.#divider = make("input", {
      className: "viewer-divider",
      type: "range",
      min: 0,
      max: 100,
      value: 50,
      hidden: true,
    });
    this.#divider.setAttribute("aria-label", text("divider"));
    this.#divider.addEventListener("input", () => this.#split());
    stage.frame.append(this.#divider);
    if (others.length) this.#choice = this.#makeChoice();
  }

  /** Turn the comparison on or off. */
  set isOn(on) {
    this.#root.dataset.compares = on ? "photo" : "no";
    this.#divider.hidden = !on;
    if (this.#choice) this.#choice.hidden = !on;
    this.#split();
    if (on) this.#divider.focus({ preventScroll: true });
    if (on && this.#choice) this.#choose();
    else this.#drop();
  }

  /** Give the second scene the view of the first: `show` sets the camera of a SplatScene. */
  follow(show) {
    this.#show = show;
    if (this.#scene) show(this.#scene);
  }

  resize(size) {
    this.#size = size;
    this.#scene?.resize(size.width, size.height);
  }

  destroy() {
    this.#drop();
  }

  #makeChoice() {
    const choice = make("label", { className: "viewer-choice", hidden: true });
    const select = make("select");
    select.append(
      new Option(text("photo"), ""),
      ...this.#others.map(({ name }, index) => new Option(name, index)),
    );
    select.addEventListener("change", () => this.#choose());
    choice.append(text("compareWith"), select);
    this.#stage.element.append(choice);
    return choice;
  }

  #split() {
    this.#stage.frame.style.setProperty("--split", `${this.#divider.value}%`);
  }

  async #choose() {
    this.#drop();
    const { value } = this.#choice.querySelector("select");
    if (value === "") {
      this.#root.dataset.compares = "photo";
      return;
    }
    const other = this.#others[Number(value)];
    const photo = { ...this.#photo, focal: other.focal };
    const canvas = make("canvas", { className: "viewer-other" });
    canvas.setAttribute("aria-hidden", "true");
    this.#stage.frame.insertBefore(canvas, this.#stage.poster);
    this.#canvas = canvas;
    this.#stage.say(text("loading"));
    try {
      const scene = new SplatScene(canvas, photo, () => {
        if (this.#canvas !== canvas) return;
        this.#root.dataset.compares = "scene";
        this.#stage.say("");
      });
      this.#scene = scene;
      if (this.#size) this.resize(this.#size);
      const bytes = await loadScene(other, (share) => this.#stage.progress(share));
      if (this.#canvas !== canvas) return;
      await scene.load(bytes);
      this.#show(scene);
    } catch (error) {
      if (this.#canvas === canvas) this.#stage.say(error.message);
    } finally {
      this.#stage.progress(undefined);
    }
  }

  #drop() {
    this.#scene?.destroy();
    this.#canvas?.remove();
    this.#scene = this.#canvas = null;
  }
}

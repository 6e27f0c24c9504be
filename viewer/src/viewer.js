// The viewer element: first the photo, then its scene, with the controls that move the camera.
//
// Its state is in attributes of the element: data-state is loading, ready or failed; data-settled is
// true if the shown frame is final; data-eye is the camera position in metres, and in a 360° scene
// data-heading is yaw and pitch in degrees and the magnification. A flick of a finger and the
// controllers of a headset ask for the photos beside this one by the event "viewer-beside", whose
// detail is 1 for the next and -1 for the previous one.

import { Comparison } from "./compare.js";
import { Controls } from "./controls.js";
import { toggleFullscreen } from "./elements.js";
import { listenToKeys, listenToPointers, listenToWheel } from "./gestures.js";
import { Headset } from "./headset.js";
import { loadCoarse, loadScene, startOf } from "./load.js";
import { Motion } from "./motion.js";
import { SplatScene } from "./scene.js";
import { Stage } from "./stage.js";
import { text } from "./texts.js";
import { Turn } from "./turn.js";

const REDUCED_MOTION = matchMedia("(prefers-reduced-motion: reduce)");
// A frame is final if no other follows for this time: sorting the splats causes more frames.
const SETTLED_MS = 300;

/** Turn `root`, which contains the photo as an image, into a viewer. */
export class Viewer {
  #root;
  #start;
  #stage;
  #controls;
  #comparison;
  #headset;
  #scene;
  #motion;
  #isShown = false;
  #lack = ""; // what is said of a scene that is not whole
  #isDestroyed = false;
  #settling = 0;
  #stopKeys = () => {};
  #sizes = new ResizeObserver(() => this.#resize());
  #leave = (event) => event.persisted || this.destroy();

  constructor(root) {
    this.#root = root;
    this.#start = startOf(root.dataset);
    this.#stage = new Stage(root, this.#start);
    this.#controls = new Controls(root);
    const others = JSON.parse(root.dataset.others ?? "[]");
    this.#comparison = new Comparison(root, this.#stage, this.#start, others);
    this.#sizes.observe(this.#stage.element);
    this.#resize();
    this.#open().catch((error) => this.#fail(error.message));
  }

  async #open() {
    this.#root.dataset.state = "loading";
    this.#stage.say(text("loading"));
    try {
      this.#scene = new SplatScene(this.#stage.canvas, this.#start, () => this.#onFrame());
    } catch {
      throw new Error(text("noWebgl"));
    }
    this.#resize();
    addEventListener("pagehide", this.#leave);
    // A coarse level, where there is one, shows something with a tenth of the bytes.
    const start = this.#start;
    const coarse = await loadCoarse(start);
    if (this.#isDestroyed) return; // the photo was left meanwhile: its scene is not needed
    if (coarse && (await this.#show(coarse, "coarse").catch(() => false))) {
      await this.#refine().catch(() => this.#start === start && this.#lacks(text("onlyCoarse")));
    } else if (!this.#isDestroyed) await this.#show(await this.#load(), "whole");
  }

  #load() {
    return loadScene(this.#start, (share) => this.#stage.progress(share));
  }

  async #show(bytes, level) {
    if (this.#isDestroyed) return false;
    const box = await this.#scene.load(bytes).catch(() => {
      throw new Error(text("damaged"));
    });
    this.#root.dataset.level = level;
    this.#setMotion(box);
    this.#scene.onUpdate((seconds) => this.#update(seconds));
    this.#stage.say(text("drawing"));
    return true;
  }

  // Replace the coarse level by the whole scene, wherever the camera is by then.
  async #refine() {
    const start = this.#start;
    const isLeft = () => this.#isDestroyed || this.#start !== start; // for the next photo
    const bytes = await this.#load().finally(() => this.#stage.progress(undefined));
    if (isLeft()) return;
    this.#root.dataset.settled = "false";
    const box = await this.#scene.load(bytes).catch(() => {
      throw new Error(text("damaged"));
    });
    if (isLeft()) return;
    this.#motion.box = box;
    this.#root.dataset.level = "whole";
    this.#showView();
  }

  // Said now, and again once the first frame has taken other words away.
  #lacks(message) {
    this.#lack = message;
    this.#stage.say(message);
  }

  #setMotion(box) {
    this.#motion = this.#start.is360
      ? new Turn(box, this.#start, REDUCED_MOTION.matches)
      : new Motion(box, REDUCED_MOTION.matches);
    this.#showView();
  }

  #update(seconds) {
    if (this.#scene.isInHeadset || !this.#motion.update(seconds)) return;
    this.#root.dataset.settled = "false";
    this.#showView();
  }

  #showView() {
    Object.assign(this.#root.dataset, this.#motion.state);
    this.#motion.show(this.#scene);
    this.#comparison.follow((scene) => this.#motion.show(scene));
    if (this.#isShown) this.#stage.blend(this.#motion);
  }

  #onFrame() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#root.dataset.settled = "true";
    }, SETTLED_MS);
    if (this.#isShown) return;
    this.#isShown = true;
    this.#root.dataset.state = "ready";
    this.#stage.say(this.#lack);
    this.#stage.progress(undefined);
    this.#stage.blend(this.#motion);
    this.#stage.sharpen(this.#start.full);
    this.#offer();
  }

  #fail(message) {
    if (this.#isDestroyed) return;
    this.#root.dataset.state = "failed";
    this.#stage.progress(undefined);
    this.#stage.say(message);
  }

  #resize() {
    const size = this.#stage.layout(this.#start, this.#scene?.isStereo ? 2 : 1);
    this.#root.dataset.settled = "false";
    this.#scene?.resize(size.width, size.height);
    this.#comparison.resize(size);
    if (this.#start.is360) this.#motion?.show(this.#scene); // the shape of the image has changed
  }

  #offer() {
    const motion = () => this.#motion;
    this.#controls.offer(this.#start.is360, {
      motion,
      sway: (on) => this.#sway(on),
      compare: (on) => {
        this.#comparison.isOn = on;
      },
      depth: (on) => {
        this.#scene.showsDepth = on;
        this.#root.dataset.depth = String(on);
        this.#stage.showScale(on ? this.#scene.box : null);
      },
      stereo: (on) => {
        this.#root.dataset.stereo = String(on);
        this.#scene.isStereo = on;
        this.#resize();
      },
      headset: () => this.#enterHeadset(),
    });
    this.#headset = new Headset(this.#scene, {
      next: () => this.#askBeside(1),
      previous: () => this.#askBeside(-1),
      eye: ({ x, y, z }) => {
        this.#root.dataset.eye = [x, y, z].map((value) => value.toFixed(4)).join(" ");
      },
      end: () => this.#leaveHeadset(),
    });
    this.#headset.watch((isThere) => {
      this.#controls.hasHeadset = isThere;
    });
    this.#listen();
    this.#sway(!REDUCED_MOTION.matches);
  }

  #sway(on) {
    this.#motion.sway(on);
    this.#controls.isSwaying = on;
  }

  #listen() {
    const motion = () => this.#motion;
    const hand = (act) => (...values) => {
      act(...values);
      this.#controls.isSwaying = motion().isSwaying;
    };
    const home = hand(() => motion().home());
    this.#stopKeys = listenToKeys(this.#root, {
      step: hand((...step) => motion().step(...step)),
      home,
      fullscreen: () => toggleFullscreen(this.#root),
    });
    listenToPointers(this.#stage.element, this.#stage.canvas, {
      drag: hand((x, y) => motion().drag(x, y)),
      pinch: hand((ratio) => motion().pinch(ratio)),
      flick: (side) => this.#askBeside(side),
      home,
    });
    listenToWheel(this.#root, this.#stage.element, hand((pixels) => motion().wheel(pixels)));
    // Buttons and tilt end the sway too.
    this.#root.addEventListener("click", hand(() => {}));
  }

  #askBeside(side) {
    this.#root.dispatchEvent(new CustomEvent("viewer-beside", { bubbles: true, detail: side }));
  }

  async #enterHeadset() {
    this.#sway(false);
    this.#root.dataset.headset = "true";
    try {
      await this.#headset.enter();
    } catch (error) {
      this.#leaveHeadset();
      this.#stage.say(text("headsetFailed", { reason: error.message }));
    }
  }

  // After the session the page shows the same view as before.
  #leaveHeadset() {
    if (this.#isDestroyed) return; // the page was left from inside the headset
    delete this.#root.dataset.headset;
    this.#scene.isStereo = this.#root.dataset.stereo === "true";
    this.#showView();
    this.#root.dispatchEvent(new CustomEvent("viewer-headset-end", { bubbles: true }));
  }

  /** Whether a person is in the scene with a headset. */
  get isInHeadset() {
    return Boolean(this.#scene?.isInHeadset);
  }

  /** Show another photo's scene, as in startOf, without leaving the page or the headset. */
  async show(start) {
    const next = startOf(start);
    const bytes = await loadScene(next);
    const box = await this.#scene.load(bytes, next);
    this.#start = next;
    this.#lacks("");
    this.#stage.replacePhoto(next);
    this.#stage.name(next);
    this.#setMotion(box);
    this.#resize();
    this.#headset?.recenter();
  }

  /** Release what the viewer holds, before its element leaves the page. */
  destroy() {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    clearTimeout(this.#settling);
    this.#sizes.disconnect();
    this.#stopKeys();
    removeEventListener("pagehide", this.#leave);
    this.#comparison.destroy();
    this.#scene?.destroy();
  }
}

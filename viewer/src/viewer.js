// The viewer element: first the photo, then its scene, with the controls that move the camera.
//
// Its state is in attributes of the element: data-state is loading, ready or failed; data-settled is
// true if the shown frame is final; data-eye is the camera position in metres, and in a 360° scene
// data-heading is yaw and pitch in degrees and the magnification.

import { contain } from "./camera.js";
import { icon } from "./icons.js";
import { decodeBase64, fetchBytes } from "./load.js";
import { Motion } from "./motion.js";
import { SplatScene } from "./scene.js";
import { Turn } from "./turn.js";

const REDUCED_MOTION = matchMedia("(prefers-reduced-motion: reduce)");
// A frame is final if no other follows for this time: sorting the splats causes more frames.
const SETTLED_MS = 300;
const KEYS = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, -1, 0],
  ArrowDown: [0, 1, 0],
  "+": [0, 0, 1],
  "=": [0, 0, 1],
  "-": [0, 0, -1],
};
const MOVES = [
  ["left", "Move left", [-1, 0, 0]],
  ["up", "Move up", [0, -1, 0]],
  ["down", "Move down", [0, 1, 0]],
  ["right", "Move right", [1, 0, 0]],
  ["closer", "Move closer", [0, 0, 1]],
  ["farther", "Move back", [0, 0, -1]],
];
const TURNS = [
  ["left", "Turn left", [-1, 0, 0]],
  ["up", "Look up", [0, -1, 0]],
  ["down", "Look down", [0, 1, 0]],
  ["right", "Turn right", [1, 0, 0]],
  ["closer", "Zoom in", [0, 0, 1]],
  ["farther", "Zoom out", [0, 0, -1]],
];
const NO_WEBGL =
  "This browser cannot show 3D scenes: WebGL 2 is missing or turned off. " +
  "Use a current browser, or turn on hardware acceleration in its settings.";

/** Turn `root`, which contains the photo as an image, into a viewer. */
export class Viewer {
  #root;
  #photo;
  #stage;
  #frame;
  #canvas;
  #status;
  #bar;
  #controls;
  #scene;
  #motion;
  #isShown = false;
  #settling = 0;

  constructor(root) {
    this.#root = root;
    const { width, height, focal, is360 } = root.dataset;
    this.#photo = {
      width: Number(width),
      height: Number(height),
      focal: Number(focal),
      is360: is360 !== undefined,
    };
    this.#build();
    this.#start().catch((error) => this.#fail(error.message));
  }

  async #start() {
    this.#root.dataset.state = "loading";
    try {
      this.#scene = new SplatScene(this.#canvas, this.#photo, () => this.#onFrame());
    } catch {
      this.#fail(NO_WEBGL);
      return;
    }
    this.#resize();
    addEventListener("pagehide", (event) => event.persisted || this.#scene.destroy());
    const box = await this.#scene.load(await this.#bytes());
    this.#motion = this.#photo.is360
      ? new Turn(box, this.#photo, REDUCED_MOTION.matches)
      : new Motion(box, REDUCED_MOTION.matches);
    this.#motion.show(this.#scene);
    this.#scene.onUpdate((seconds) => this.#update(seconds));
    this.#status.textContent = "Drawing…";
  }

  #bytes() {
    const { scene, sceneElement } = this.#root.dataset;
    if (sceneElement) return decodeBase64(document.getElementById(sceneElement).textContent);
    return fetchBytes(scene, (share) => {
      this.#bar.hidden = false;
      if (share === null) this.#bar.removeAttribute("value");
      else this.#bar.value = share;
    });
  }

  #update(seconds) {
    if (this.#scene.isInHeadset) return;
    if (this.#motion.update(seconds)) {
      this.#root.dataset.settled = "false";
      Object.assign(this.#root.dataset, this.#motion.state);
      this.#motion.show(this.#scene);
    }
  }

  #onFrame() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#root.dataset.settled = "true";
    }, SETTLED_MS);
    if (this.#isShown) return;
    this.#isShown = true;
    this.#root.dataset.state = "ready";
    this.#status.textContent = "";
    this.#bar.hidden = true;
    this.#offer();
  }

  #fail(message) {
    this.#root.dataset.state = "failed";
    this.#bar.hidden = true;
    this.#status.textContent = message;
  }

  #resize() {
    const stereo = this.#scene?.isStereo ? 2 : 1;
    const aspect = (stereo * this.#photo.width) / this.#photo.height;
    const { clientWidth, clientHeight } = this.#stage;
    const { width, height } = this.#photo.is360
      ? { width: clientWidth, height: clientHeight }
      : contain(aspect, clientWidth, clientHeight);
    this.#frame.style.width = `${width}px`;
    this.#frame.style.height = `${height}px`;
    this.#root.dataset.settled = "false";
    this.#scene?.resize(width, height);
    if (this.#photo.is360) this.#motion?.show(this.#scene); // the shape of the image has changed
  }

  #build() {
    this.#stage = make("div", { className: "viewer-stage" });
    this.#canvas = make("canvas", { tabIndex: 0 });
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute(
      "aria-label",
      this.#photo.is360
        ? `${this.#root.dataset.label}: 360° scene. Arrow keys turn, plus and minus zoom, Home ` +
            "returns to the front."
        : `${this.#root.dataset.label}: scene. Arrow keys move, plus and minus go closer and ` +
            "back, Home returns to the photo.",
    );
    this.#status = make("p", { className: "viewer-status", textContent: "Loading…" });
    this.#status.setAttribute("role", "status");
    this.#bar = make("progress", { className: "viewer-progress", max: 1, hidden: true });
    this.#bar.setAttribute("aria-label", "Loading the scene");
    const poster = this.#root.querySelector(".viewer-poster");
    const behind = poster.cloneNode();
    behind.className = "viewer-behind";
    behind.alt = "";
    this.#frame = make("div", { className: "viewer-frame" });
    this.#frame.append(behind, this.#canvas, poster);
    this.#stage.append(this.#frame, this.#status, this.#bar);
    this.#controls = make("div", { className: "viewer-controls" });
    this.#root.append(this.#stage, this.#controls);
    this.#root.style.setProperty("--aspect", this.#photo.width / this.#photo.height);
    new ResizeObserver(() => this.#resize()).observe(this.#stage);
    this.#resize();
  }

  // Controls appear when the scene is ready. Their space is reserved before.
  #offer() {
    const bar = this.#controls;
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Move in the scene");
    const { is360 } = this.#photo;
    const moves = (is360 ? TURNS : MOVES).map(([name, label, step]) =>
      button(name, label, () => this.#motion.step(...step)),
    );
    const home = button("home", is360 ? "Back to the front" : "Back to the photo's position", () => this.#motion.home());
    const sway = button("play", is360 ? "Turn slowly" : "Sway", () => this.#setSway(!this.#motion.isSwaying));
    sway.setAttribute("aria-pressed", "false");
    const photo = toggle("photo", "Show the photo", (on) => {
      this.#root.dataset.showsPhoto = String(on);
    });
    const stereo = toggle("stereo", "Side by side, for two eyes", (on) => {
      this.#root.dataset.stereo = String(on);
      this.#scene.isStereo = on;
      this.#resize();
    });
    const gap = make("span", { className: "viewer-gap" });
    bar.append(...moves, home, gap, sway, photo, stereo);
    this.#swayButton = sway;
    this.#offerTilt(bar);
    this.#offerHeadset(bar);
    if (document.fullscreenEnabled) {
      const full = button("fullscreen", "Full screen", () =>
        document.fullscreenElement ? document.exitFullscreen() : this.#root.requestFullscreen(),
      );
      full.dataset.key = "f";
      bar.append(full);
    }
    this.#listen();
    this.#setSway(!REDUCED_MOTION.matches);
  }

  #swayButton;

  #setSway(on) {
    this.#motion.sway(on);
    this.#showSway();
  }

  #showSway() {
    const on = this.#motion.isSwaying;
    if (this.#swayButton.getAttribute("aria-pressed") === String(on)) return;
    this.#swayButton.setAttribute("aria-pressed", String(on));
    this.#swayButton.replaceChildren(icon(on ? "pause" : "play"));
  }

  #offerTilt(bar) {
    const isPhone = matchMedia("(pointer: coarse)").matches;
    // Browsers report the pose of a phone only to HTTPS and to pages of the same machine.
    if (!isPhone || !isSecureContext || !("DeviceOrientationEvent" in globalThis)) return;
    let start = null;
    const onTilt = ({ beta, gamma }) => {
      if (beta === null) return;
      start ??= { beta, gamma };
      this.#motion.tilt(gamma - start.gamma, start.beta - beta);
    };
    const tilt = toggle("tilt", "Move by tilting", async (on) => {
      start = null;
      removeEventListener("deviceorientation", onTilt);
      // Some phones require a permission request, in reply to a touch.
      const ask = DeviceOrientationEvent.requestPermission?.bind(DeviceOrientationEvent);
      const isAllowed = !ask || (await ask().catch(() => "denied")) === "granted";
      if (on && isAllowed) addEventListener("deviceorientation", onTilt);
    });
    bar.append(tilt);
  }

  #offerHeadset(bar) {
    // After the VR session the page shows the same view as before.
    const goOn = () => {
      this.#scene.isStereo = this.#root.dataset.stereo === "true";
      this.#motion.show(this.#scene);
    };
    const enter = button("headset", "Enter with a headset", () => this.#scene.enterHeadset(goOn));
    this.#scene.onHeadset((isThere) => {
      if (isThere) bar.append(enter);
      else enter.remove();
    });
  }

  #listen() {
    const stage = this.#stage;
    // Last pointer position: movementX is not in CSS pixels in some browsers, and missing in others.
    let held = null;
    this.#root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = KEYS[event.key];
      const isButton = event.target instanceof HTMLButtonElement;
      if (step && !(isButton && event.key === "Enter")) this.#motion.step(...step);
      else if (event.key === "Home") this.#motion.home();
      else if (event.key === "f") this.#root.querySelector('[data-key="f"]')?.click();
      else return;
      event.preventDefault();
    });
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      stage.setPointerCapture(event.pointerId);
      held = { x: event.clientX, y: event.clientY };
    });
    stage.addEventListener("pointermove", (event) => {
      if (!stage.hasPointerCapture(event.pointerId)) return;
      const width = this.#canvas.clientWidth;
      const { clientX: x, clientY: y } = event;
      this.#motion.drag((x - held.x) / width, (y - held.y) / width);
      held = { x, y };
    });
    stage.addEventListener("dblclick", () => this.#motion.home());
    stage.addEventListener(
      "wheel",
      (event) => {
        // Zoom only if the viewer has the focus. Otherwise the wheel scrolls the page.
        if (!this.#root.contains(document.activeElement) && !document.fullscreenElement) return;
        event.preventDefault();
        this.#motion.wheel(event.deltaY);
      },
      { passive: false },
    );
    for (const kind of ["pointermove", "keydown", "click", "wheel"]) {
      this.#root.addEventListener(kind, () => this.#showSway());
    }
  }
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function button(name, label, act) {
  const element = make("button", { type: "button", title: label });
  element.setAttribute("aria-label", label);
  element.append(icon(name));
  element.addEventListener("click", act);
  return element;
}

function toggle(name, label, act) {
  const element = button(name, label, () => {
    const on = element.getAttribute("aria-pressed") !== "true";
    element.setAttribute("aria-pressed", String(on));
    act(on);
  });
  element.setAttribute("aria-pressed", "false");
  return element;
}

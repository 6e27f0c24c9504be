// The toolbar of a viewer. It appears when the scene is ready; its space is reserved before.

import { keepFocus } from "../../jobs/gallery/static/focus.js";
import { button, isPressed, make, press, setIcon, toggle, toggleFullscreen } from "./elements.js";
import { canTilt, listenToTilt } from "./gestures.js";
import { text } from "./texts.js";

const STEPS = {
  left: [-1, 0, 0],
  up: [0, -1, 0],
  down: [0, 1, 0],
  right: [1, 0, 0],
  closer: [0, 0, 1],
  farther: [0, 0, -1],
};
const TURNS = {
  left: "turnLeft",
  up: "turnUp",
  down: "turnDown",
  right: "turnRight",
  closer: "zoomIn",
  farther: "zoomOut",
};

/** The toolbar in `root`. */
export class Controls {
  #bar = make("div", { className: "viewer-controls" });
  #sway;
  #headset;

  constructor(root) {
    root.append(this.#bar);
    this.root = root;
  }

  /**
   * Show the controls. `on` has motion(), sway(on), compare(on), depth(on), stereo(on) and headset().
   */
  offer(is360, on) {
    this.#bar.setAttribute("role", "toolbar");
    this.#bar.setAttribute("aria-label", text("toolbar"));
    this.#sway = toggle(
      "play",
      text(is360 ? "turnLabel" : "swayLabel"),
      text(is360 ? "turn" : "sway"),
      (isOn) => on.sway(isOn),
    );
    const moves = this.#makeMoves(is360, on.motion);
    const more = toggle("moves", text("movesLabel"), text("moves"), (isOn) => {
      moves.classList.toggle("is-open", isOn);
    });
    more.classList.add("viewer-more");
    this.#bar.append(moves, more, this.#sway);
    if (!is360) {
      this.#bar.append(
        toggle("compare", text("compareLabel"), text("compare"), (isOn) => on.compare(isOn)),
      );
    }
    this.#bar.append(
      toggle("depth", text("depthLabel"), text("depth"), (isOn) => on.depth(isOn)),
      toggle("stereo", text("stereoLabel"), text("stereo"), (isOn) => on.stereo(isOn)),
    );
    if (canTilt()) this.#bar.append(this.#makeTilt(on.motion));
    if (document.fullscreenEnabled) {
      const full = () => toggleFullscreen(this.root);
      this.#bar.append(
        button("fullscreen", text("fullscreenLabel"), text("fullscreen"), full),
      );
    }
    this.#headset = button("headset", text("headsetLabel"), text("headset"), () => on.headset());
  }

  /** Show whether the camera sways. */
  set isSwaying(on) {
    if (!this.#sway || isPressed(this.#sway) === on) return;
    press(this.#sway, on);
    setIcon(this.#sway, on ? "pause" : "play");
  }

  /** Offer the headset, or not. */
  set hasHeadset(isThere) {
    if (isThere === this.#headset.isConnected) return;
    if (isThere) this.#bar.append(this.#headset);
    else keepFocus(() => this.#headset.remove(), () => [this.#bar.lastElementChild]);
  }

  #makeMoves(is360, motion) {
    const moves = make("div", { className: "viewer-moves" });
    for (const [name, step] of Object.entries(STEPS)) {
      const label = text(is360 ? TURNS[name] : name);
      moves.append(button(name, label, "", () => motion().step(...step)));
    }
    const home = text(is360 ? "frontLabel" : "homeLabel");
    moves.append(button("home", home, "", () => motion().home()));
    return moves;
  }

  #makeTilt(motion) {
    let stop = () => {};
    return toggle("tilt", text("tiltLabel"), text("tilt"), async (isOn) => {
      stop();
      stop = isOn ? await listenToTilt((right, up) => motion().tilt(right, up)) : () => {};
    });
  }
}

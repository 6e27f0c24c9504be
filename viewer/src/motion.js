// Camera motion: pointer, wheel, keys, a tilted phone, and the automatic sway.

import { clampEye, reachOf, swayEye } from "./camera.js";

const SETTLE_S = 0.12; // time constant of the smooth motion towards the target position
const STILL_SHARE = 0.002; // of the head box: closer than this, the camera has arrived
const KEY_SHARE = 0.2; // of the head box, per press of a key or a button
const WHEEL_SHARE = 0.0012; // of the head box, per pixel of the wheel
const DRAG_SHARE = 8; // of the head box, per image width
const PINCH_SHARE = 1.5; // of the head box, per factor e between two fingers
const TILT_FULL_DEGREES = 18; // tilt of a phone that reaches the edge of the head box
const HOME = Object.freeze({ x: 0, y: 0, z: 0 });

/** Moves the camera smoothly inside a head box. `jumps` turns the smoothing off. */
export class Motion {
  eye = HOME;
  isSwaying = false;
  #wanted = HOME;
  #swaySeconds = 0;

  constructor(box, jumps) {
    this.box = box;
    this.jumps = jumps;
  }

  /** Start the automatic sway, or stop the camera where it is. */
  sway(on) {
    this.isSwaying = on;
    this.#swaySeconds = 0;
  }

  /** Move by key steps: each is a share of the head box. */
  step(x, y, z) {
    this.#move(x * KEY_SHARE, y * KEY_SHARE, z * KEY_SHARE);
  }

  /** Move as the pointer drags the scene, by shares of the image width. */
  drag(x, y) {
    this.#move(-DRAG_SHARE * x, -DRAG_SHARE * y, 0);
  }

  wheel(pixels) {
    this.#move(0, 0, -pixels * WHEEL_SHARE);
  }

  /** Move as two fingers spread: `ratio` is their new distance over the old. */
  pinch(ratio) {
    this.#move(0, 0, PINCH_SHARE * Math.log(ratio));
  }

  /** Move as a phone is tilted, in degrees from its first pose: to the right, and upwards. */
  tilt(right, up) {
    this.#want({
      x: (right / TILT_FULL_DEGREES) * this.box.lateral,
      y: (-up / TILT_FULL_DEGREES) * this.box.vertical,
      z: this.#wanted.z,
    });
  }

  home() {
    this.#want(HOME);
  }

  /** Advance by `seconds`; return whether the camera has moved. */
  update(seconds) {
    if (this.isSwaying) {
      this.#swaySeconds += seconds;
      this.#wanted = swayEye(this.#swaySeconds, this.box);
    }
    const share = this.jumps ? 1 : 1 - Math.exp(-seconds / SETTLE_S);
    const [from, to] = [this.eye, this.#wanted];
    if (from === to) return false;
    const isNear =
      Math.hypot(to.x - from.x, to.y - from.y) < STILL_SHARE * this.box.lateral &&
      Math.abs(to.z - from.z) < STILL_SHARE * this.box.forward;
    this.eye = isNear || this.jumps
      ? to
      : {
          x: from.x + share * (to.x - from.x),
          y: from.y + share * (to.y - from.y),
          z: from.z + share * (to.z - from.z),
        };
    return true;
  }

  /** How far out the camera is: 0 at the photo's camera, 1 at a side of the head box. */
  get reach() {
    return reachOf(this.eye, this.box);
  }

  /** Whether the camera rests at the photo's camera. */
  get isHome() {
    return !this.isSwaying && this.eye === HOME && this.#wanted === HOME;
  }

  /** Show the view on a scene. */
  show(scene) {
    scene.look(this.eye, this.box);
  }

  /** Return the state for the element's attributes. */
  get state() {
    const { x, y, z } = this.eye;
    return { eye: [x, y, z].map((v) => v.toFixed(4)).join(" ") };
  }

  #move(x, y, z) {
    const { lateral, vertical, forward } = this.box;
    this.#want({
      x: this.#wanted.x + x * lateral,
      y: this.#wanted.y + y * vertical,
      z: this.#wanted.z + z * forward,
    });
  }

  #want(eye) {
    this.isSwaying = false;
    this.#wanted = clampEye(eye, this.box);
  }
}

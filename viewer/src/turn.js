// Turning in a 360° scene: the same pointer, wheel, keys and tilt as in a photo's scene turn the view.
//
// Angles in degrees: yaw to the right, pitch upwards. The eye stays where the panorama was taken.

const SETTLE_S = 0.12; // time constant of the smooth motion towards the wanted view
const STILL_DEGREES = 0.02; // closer than this, the view has arrived
const KEY_DEGREES = 15;
const KEY_ZOOM = 1.15;
const WHEEL_ZOOM = 0.001; // of the logarithm of the magnification, per pixel of the wheel
const SWAY_DEGREES_PER_S = 6;
const HIGHEST_PITCH = 89;
const LEAST_ZOOM = 0.6;
const MOST_ZOOM = 4;
const HOME = Object.freeze({ yaw: 0, pitch: 0, zoom: 1 });

/** Turns a view smoothly. `photo` is the front view; `jumps` turns the smoothing off. */
export class Turn {
  view = HOME;
  isSwaying = false;
  #wanted = HOME;
  #across;

  constructor(box, photo, jumps) {
    this.box = box;
    this.jumps = jumps;
    this.#across = (2 * Math.atan(photo.width / (2 * photo.focal)) * 180) / Math.PI;
  }

  /** Start to turn slowly to the right, or stop. */
  sway(on) {
    this.isSwaying = on;
  }

  /** Turn by key steps; the third is magnification. */
  step(x, y, z) {
    const { yaw, pitch, zoom } = this.#wanted;
    this.#want(yaw + x * KEY_DEGREES, pitch - y * KEY_DEGREES, zoom * KEY_ZOOM ** z);
  }

  /** Turn as the pointer drags the scene, by shares of the image width. */
  drag(x, y) {
    const { yaw, pitch, zoom } = this.#wanted;
    const degrees = this.#across / zoom;
    this.#want(yaw - x * degrees, pitch + y * degrees, zoom);
  }

  wheel(pixels) {
    const { yaw, pitch, zoom } = this.#wanted;
    this.#want(yaw, pitch, zoom * Math.exp(-pixels * WHEEL_ZOOM));
  }

  /** Magnify as two fingers spread: `ratio` is their new distance over the old. */
  pinch(ratio) {
    const { yaw, pitch, zoom } = this.#wanted;
    this.#want(yaw, pitch, zoom * ratio);
  }

  /** Turn as a phone is turned, in degrees from its first pose: to the right, and upwards. */
  tilt(right, up) {
    this.#want(right, up, this.#wanted.zoom);
  }

  home() {
    // The short way round.
    const turns = Math.round(this.view.yaw / 360) * 360;
    this.#want(turns, 0, 1);
  }

  /** Advance by `seconds`; return whether the view has changed. */
  update(seconds) {
    if (this.isSwaying) {
      const yaw = this.#wanted.yaw + seconds * SWAY_DEGREES_PER_S;
      this.#wanted = { ...this.#wanted, yaw };
    }
    const share = this.jumps ? 1 : 1 - Math.exp(-seconds / SETTLE_S);
    const [from, to] = [this.view, this.#wanted];
    if (from === to) return false;
    const isNear =
      Math.abs(to.yaw - from.yaw) + Math.abs(to.pitch - from.pitch) < STILL_DEGREES &&
      Math.abs(to.zoom - from.zoom) < 0.001;
    this.view = isNear
      ? to
      : {
          yaw: from.yaw + share * (to.yaw - from.yaw),
          pitch: from.pitch + share * (to.pitch - from.pitch),
          zoom: from.zoom + share * (to.zoom - from.zoom),
        };
    return true;
  }

  /** A turned view never coincides with the photo, which shows the whole panorama. */
  get isHome() {
    return false;
  }

  get reach() {
    return 1;
  }

  /** Show the view on a scene. */
  show(scene) {
    scene.turn(this.view, this.box);
  }

  /** Return the state for the element's attributes. */
  get state() {
    const { yaw, pitch, zoom } = this.view;
    return { heading: [yaw, pitch, zoom].map((v) => v.toFixed(2)).join(" ") };
  }

  #want(yaw, pitch, zoom) {
    this.isSwaying = false;
    this.#wanted = {
      yaw,
      pitch: Math.max(-HIGHEST_PITCH, Math.min(HIGHEST_PITCH, pitch)),
      zoom: Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, zoom)),
    };
  }
}

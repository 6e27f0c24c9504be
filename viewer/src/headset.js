// A scene in a headset: at its true size, with the head's own motion inside the head box.
//
// Of the engine's axes (x right, y up, z backward) only the signs of y and z differ from a scene's.

import { XRSPACE_LOCAL, XRTYPE_VR } from "playcanvas";

import { trackedEye } from "./camera.js";

const STICK_PUSHED = 0.7; // of its way to the side
const STICK_RELEASED = 0.3;
const STICK_AXIS = 2; // of gamepads with the mapping "xr-standard": to the right is positive

/** VR sessions of a SplatScene. */
export class Headset {
  #scene;
  #on;
  #start = null;
  #pushed = new Map(); // by input source: the side to which its stick was pushed

  /** `on` has next(), previous(), eye(position) and end(), which are called in a session. */
  constructor(scene, on) {
    this.#scene = scene;
    this.#on = on;
  }

  /** Call `tell` with whether a headset is available, now and at each change. */
  watch(tell) {
    const { xr } = this.#scene;
    if (!xr) return;
    xr.on(`available:${XRTYPE_VR}`, tell);
    tell(Boolean(xr.isAvailable(XRTYPE_VR)));
  }

  /** Start a session at the photo's camera. Rejects if the browser refuses it. */
  enter() {
    const { xr, eyes } = this.#scene;
    const update = () => this.#update();
    const select = (source) => {
      if (source.handedness === "left") this.#on.previous();
      else this.#on.next();
    };
    const squeeze = () => {
      this.#start = null; // the present pose is the photo's camera
    };
    this.#start = null;
    this.#pushed.clear();
    this.#scene.isStereo = false;
    eyes.setLocalPosition(0, 0, 0);
    eyes.setLocalRotation(0, 0, 0, 1);
    this.#scene.rendersAlways = true;
    xr.on("update", update);
    xr.input.on("select", select);
    xr.input.on("squeeze", squeeze);
    const clean = () => {
      xr.off("update", update);
      xr.input.off("select", select);
      xr.input.off("squeeze", squeeze);
      this.#scene.rendersAlways = false;
      this.#scene.rig.setLocalPosition(0, 0, 0);
      this.#scene.rig.setLocalEulerAngles(0, 0, 0);
    };
    return new Promise((resolve, reject) => {
      xr.once("end", () => {
        clean();
        this.#on.end();
      });
      eyes.camera.startXr(XRTYPE_VR, XRSPACE_LOCAL, {
        callback: (error) => {
          if (error) clean();
          (error ? reject : resolve)(error);
        },
      });
    });
  }

  /** Take the present pose of the head as the photo's camera, as for a new scene. */
  recenter() {
    this.#start = null;
  }

  #update() {
    const { eyes, rig, box } = this.#scene;
    const at = eyes.getLocalPosition();
    const head = { x: at.x, y: -at.y, z: -at.z };
    if (!this.#start) {
      const ahead = eyes.getLocalRotation().transformVector(rig.forward.clone().set(0, 0, -1));
      this.#start = { head, yaw: Math.atan2(ahead.x, -ahead.z) };
    }
    const { eye, shift } = trackedEye(head, this.#start.head, this.#start.yaw, box);
    rig.setLocalEulerAngles(0, (this.#start.yaw * 180) / Math.PI, 0);
    rig.setLocalPosition(shift.x, -shift.y, -shift.z);
    this.#on.eye(eye);
    this.#readSticks();
  }

  #readSticks() {
    for (const source of this.#scene.xr.input.inputSources) {
      const aside = source.gamepad?.axes[STICK_AXIS] ?? 0;
      const pushed = this.#pushed.get(source) ?? 0;
      if (pushed && Math.abs(aside) < STICK_RELEASED) this.#pushed.delete(source);
      if (pushed || Math.abs(aside) < STICK_PUSHED) continue;
      this.#pushed.set(source, Math.sign(aside));
      if (aside > 0) this.#on.next();
      else this.#on.previous();
    }
  }
}

// What hands do to a viewer: keys, wheel, mouse, and one or two fingers.

import { usesKey } from "../../jobs/gallery/static/keys.js";

const KEYS = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, -1, 0],
  ArrowDown: [0, 1, 0],
  "+": [0, 0, 1],
  "=": [0, 0, 1],
  "-": [0, 0, -1],
};
// A flick of a finger leads to another photo: fast, far and level. Slower ones move the camera.
const FLICK_MS = 300;
const FLICK_PIXELS = 60;
const FLICK_SLOPE = 2;

/** Pass key presses on to `on`: step(x, y, z), home() and fullscreen(). Returns how to stop that. */
export function listenToKeys(root, on) {
  const act = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || usesKey(event.target, event.key)) return;
    if (!isForViewer(event.target, root)) return;
    const step = KEYS[event.key];
    if (step) on.step(...step);
    else if (event.key === "Home") on.home();
    else if (event.key.toLowerCase() === "f") on.fullscreen();
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", act);
  return () => document.removeEventListener("keydown", act);
}

// Keys are for the viewer if it has the focus, or if nothing has it and the viewer is in the window.
function isForViewer(target, root) {
  if (root.contains(target)) return true;
  if (target.matches("a, button, input, summary, [tabindex='0']")) return false;
  const { top, bottom } = root.getBoundingClientRect();
  return top < innerHeight / 2 && bottom > innerHeight / 2;
}

/**
 * Pass what pointers do in `stage` on to `on`: drag(x, y) in shares of the picture's width,
 * pinch(ratio), home() and flick(side), which is 1 for a flick to the left, to what comes next.
 */
export function listenToPointers(stage, picture, on) {
  const held = new Map(); // last position by pointer: movementX is not in CSS pixels everywhere
  let first = null;
  const middle = () => {
    const points = [...held.values()];
    const mean = (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
    const [a, b] = points;
    return { x: mean("x"), y: mean("y"), apart: b ? Math.hypot(a.x - b.x, a.y - b.y) : 0 };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target instanceof HTMLInputElement) return;
    if (event.target.closest("label")) return;
    if (held.size >= 2) return;
    stage.setPointerCapture(event.pointerId);
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    first = held.size > 1 ? null : { x: event.clientX, y: event.clientY, at: event.timeStamp };
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) return;
    const before = middle();
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const after = middle();
    const width = picture.clientWidth;
    on.drag((after.x - before.x) / width, (after.y - before.y) / width);
    if (before.apart && after.apart) on.pinch(after.apart / before.apart);
  });
  stage.addEventListener("pointerup", (event) => {
    if (!held.delete(event.pointerId) || !first) return;
    const [x, y] = [event.clientX - first.x, event.clientY - first.y];
    const isFlick =
      event.pointerType === "touch" &&
      event.timeStamp - first.at < FLICK_MS &&
      Math.abs(x) > FLICK_PIXELS &&
      Math.abs(x) > FLICK_SLOPE * Math.abs(y);
    first = null;
    if (isFlick) on.flick(x < 0 ? 1 : -1);
  });
  stage.addEventListener("pointercancel", (event) => {
    held.delete(event.pointerId); // the browser scrolls the page
    first = null;
  });
  // One finger may scroll the page up and down, two never.
  const keepTwo = (event) => event.touches.length > 1 && event.cancelable && event.preventDefault();
  stage.addEventListener("touchstart", keepTwo, { passive: false });
  stage.addEventListener("touchmove", keepTwo, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    if (!(event.target instanceof HTMLInputElement)) on.home();
  });
}

/** Pass the wheel on to `onWheel`, in pixels, if the viewer has the focus. Otherwise it scrolls the page. */
export function listenToWheel(root, stage, onWheel) {
  stage.addEventListener(
    "wheel",
    (event) => {
      if (!root.contains(document.activeElement) && !document.fullscreenElement) return;
      event.preventDefault();
      onWheel(event.deltaY);
    },
    { passive: false },
  );
}

/** Pass the tilt of a phone on to `onTilt`, in degrees from its first pose. Returns how to stop it. */
export async function listenToTilt(onTilt) {
  // Some phones require a permission request, in reply to a touch.
  const ask = DeviceOrientationEvent.requestPermission?.bind(DeviceOrientationEvent);
  const isAllowed = !ask || (await ask().catch(() => "denied")) === "granted";
  if (!isAllowed) return () => {};
  let start = null;
  const listen = ({ beta, gamma }) => {
    if (beta === null) return;
    start ??= { beta, gamma };
    onTilt(gamma - start.gamma, start.beta - beta);
  };
  addEventListener("deviceorientation", listen);
  return () => removeEventListener("deviceorientation", listen);
}

/** Whether this is a phone whose tilt the browser tells: only HTTPS and local pages may know it. */
export function canTilt() {
  const isPhone = matchMedia("(pointer: coarse)").matches;
  return isPhone && isSecureContext && "DeviceOrientationEvent" in globalThis;
}

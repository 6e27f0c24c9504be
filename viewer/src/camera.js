// Geometry of the viewer's camera and its head box. Numbers only, without the 3D engine.
//
// Metres, in the axes of scenes: x right, y down, z forward, the photo's camera at the origin.

// As in the clips (sharp_core/views/trajectories.py): shares of the scene's near depth, so that the
// nearest objects shift by the same share of the image in every scene.
const LATERAL_SHARE = 0.08;
const FORWARD_SHARE = 0.15;
const NEAR_QUANTILE = 0.001;
// The focus depth, as in sharp_core/scene/cameras.py: the 0.1 quantile of depth, at least 2 m.
const FOCUS_QUANTILE = 0.1;
const NEAREST_FOCUS_M = 2;
// The far end of the depth view: a sky that is far behind all else leaves the rest its shades.
const FAR_QUANTILE = 0.98;
// A person may move the camera farther than a clip does, into views that begin to show gaps.
const HAND_SHARE = 1.3;
// Up and down less than to the sides: so the corners of the box are not much farther out.
const VERTICAL_SHARE = 0.75;
// Extra magnification at the edge of the head box. It hides most of the scene's borders.
const CLOSE_IN = 0.1;
const GLIDE_FORWARD = 0.3; // of the head box, at the end of a glide
// Depths used for a quantile; more do not make it more accurate.
const MOST_DEPTHS = 100_000;

/** Return the vertical field of view in degrees. `photo` has size and focal length in pixels. */
export function verticalFov(photo) {
  return (2 * Math.atan(photo.height / (2 * photo.focal)) * 180) / Math.PI;
}

/** Return `shares` quantiles of the depths in front of the camera; `centers` holds x, y, z, ... */
export function depthQuantiles(centers, shares) {
  const step = Math.max(1, Math.floor(centers.length / 3 / MOST_DEPTHS));
  const depths = [];
  for (let at = 2; at < centers.length; at += 3 * step) {
    if (centers[at] > 0) depths.push(centers[at]);
  }
  const sorted = Float32Array.from(depths).sort();
  return shares.map((share) => sorted[Math.round(share * (sorted.length - 1))] ?? 1);
}

/** Return the same of the distances from the eye: of a scene that goes all around. */
export function distanceQuantiles(centers, shares) {
  const step = Math.max(1, Math.floor(centers.length / 3 / MOST_DEPTHS));
  const distances = [];
  for (let at = 0; at + 2 < centers.length; at += 3 * step) {
    distances.push(0, 0, Math.hypot(centers[at], centers[at + 1], centers[at + 2]));
  }
  return depthQuantiles(distances, shares);
}

/**
 * Return the head box: half sizes of the camera's range, amplitude of the sway, and the focus, near
 * and far depth.
 */
export function headBox(centers, photo) {
  const quantiles = photo.is360 ? distanceQuantiles : depthQuantiles;
  const [near, focus, far] = quantiles(centers, [NEAR_QUANTILE, FOCUS_QUANTILE, FAR_QUANTILE]);
  const diagonal = Math.hypot(photo.width, photo.height) / photo.focal;
  const lateral = LATERAL_SHARE * diagonal * near;
  return {
    lateral: lateral * HAND_SHARE,
    vertical: lateral * HAND_SHARE * VERTICAL_SHARE,
    forward: FORWARD_SHARE * near,
    sway: lateral,
    focus: Math.max(NEAREST_FOCUS_M, focus),
    near,
    far: Math.max(far, near * 1.01),
  };
}

/** Return how far out a position is: 0 at the photo's camera, 1 at a side of the head box. */
export function reachOf(eye, { lateral, vertical, forward }) {
  return Math.max(Math.abs(eye.x) / lateral, Math.abs(eye.y) / vertical, Math.abs(eye.z) / forward);
}

/**
 * Return the position, moved to the nearest point of the head box if it is outside. Each axis has
 * its own limit: a push against one side moves the eye along no other axis.
 */
export function clampEye(eye, box) {
  if (reachOf(eye, box) <= 1) return eye;
  const within = (value, limit) => Math.min(limit, Math.max(-limit, value));
  return {
    x: within(eye.x, box.lateral),
    y: within(eye.y, box.vertical),
    z: within(eye.z, box.forward),
  };
}

/**
 * Return where a tracked head is in the scene, and the shift that puts it there.
 *
 * `head` and `start` are positions in the space of the headset, `yaw` is the heading at the start in
 * radians to the right, all in the axes of scenes. The start is the photo's camera. Beyond the head
 * box the scene moves with the head.
 */
export function trackedEye(head, start, yaw, box) {
  const turned = turnedBy(head, -yaw);
  const from = turnedBy(start, -yaw);
  const eye = clampEye({ x: turned.x - from.x, y: turned.y - from.y, z: turned.z - from.z }, box);
  return { eye, shift: { x: eye.x - turned.x, y: eye.y - turned.y, z: eye.z - turned.z } };
}

// Turn a position about the vertical axis, to the right.
function turnedBy({ x, y, z }, yaw) {
  const [sin, cos] = [Math.sin(yaw), Math.cos(yaw)];
  return { x: cos * x + sin * z, y, z: cos * z - sin * x };
}

/** Return the magnification at a position, which hides most borders of the scene. */
export function magnification(eye, box) {
  return 1 + CLOSE_IN * Math.min(1, Math.hypot(eye.x, eye.y) / box.lateral);
}

/** Return the position on a slow figure of eight, `seconds` after its start at the photo's camera. */
export function swayEye(seconds, box) {
  const turn = (2 * Math.PI * seconds) / 9;
  const rise = Math.min(1, seconds / 3);
  return {
    x: rise * box.sway * Math.sin(turn),
    y: rise * box.sway * 0.25 * Math.sin(2 * turn),
    z: 0,
  };
}

/**
 * Return the position on a glide through the head box: from one side to the other, and a little
 * closer. `share` of the way runs from 0 to 1; `side` is 1 from left to right, -1 the other way.
 */
export function glideEye(share, side, box) {
  const along = -Math.cos(Math.PI * Math.min(1, Math.max(0, share))); // slow at both ends
  return { x: side * along * box.sway, y: 0, z: (along + 1) * GLIDE_FORWARD * box.forward };
}

/** Return the largest size with this aspect (width over height) within `width` x `height`. */
export function contain(aspect, width, height) {
  return width / height > aspect
    ? { width: height * aspect, height }
    : { width, height: width / aspect };
}

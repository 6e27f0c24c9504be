import assert from "node:assert/strict";
import { test } from "node:test";

import {
  clampEye,
  contain,
  depthQuantiles,
  headBox,
  magnification,
  reachOf,
  swayEye,
  verticalFov,
} from "../src/camera.js";
import { Motion } from "../src/motion.js";

const PHOTO = { width: 4000, height: 3000, focal: 3000 };
const BOX = { lateral: 0.2, forward: 0.1, sway: 0.1, focus: 2 };

const centersAt = (depths) => Float32Array.from(depths.flatMap((z) => [0, 0, z]));
const depths = (count) => Array.from({ length: count }, (_, index) => (index + 1) / 100);

test("the field of view is the photo's", () => {
  assert.ok(Math.abs(verticalFov(PHOTO) - 2 * (180 / Math.PI) * Math.atan(0.5)) < 1e-12);
});

test("quantiles are of what lies in front of the camera", () => {
  const centers = centersAt([-5, -1, ...depths(1000)]);
  const [low, middle, high] = depthQuantiles(centers, [0, 0.5, 1]);
  assert.ok(Math.abs(low - 0.01) < 1e-6 && Math.abs(high - 10) < 1e-6);
  assert.ok(Math.abs(middle - 5) < 0.02);
});

test("a scene with nothing in front of the camera still has a head box", () => {
  assert.ok(headBox(centersAt([-1]), PHOTO).lateral > 0);
});

test("the head box grows with the scene's near depth, and the focus keeps its distance", () => {
  const near = headBox(centersAt(depths(1000)), PHOTO);
  const far = headBox(centersAt(depths(1000).map((z) => 10 * z)), PHOTO);
  assert.ok(Math.abs(far.lateral / near.lateral - 10) < 1e-3);
  assert.equal(near.focus, 2);
  assert.ok(far.focus > 9);
});

test("a clamped eye is inside, in the same direction, and stays where it was inside", () => {
  const eye = { x: 3, y: -1, z: 0.5 };
  const clamped = clampEye(eye, BOX);
  assert.ok(Math.abs(reachOf(clamped, BOX) - 1) < 1e-12);
  assert.ok(Math.abs(clamped.x / clamped.y - eye.x / eye.y) < 1e-12);
  const inside = { x: 0.05, y: 0, z: 0 };
  assert.equal(clampEye(inside, BOX), inside);
});

test("the photo's own camera is not magnified, and no eye is by much", () => {
  assert.equal(magnification({ x: 0, y: 0, z: 0.1 }, BOX), 1);
  assert.ok(magnification({ x: 0.2, y: 0, z: 0 }, BOX) < 8 / 7);
});

test("swaying begins at the photo's camera and stays inside", () => {
  assert.deepEqual(swayEye(0, BOX), { x: 0, y: 0, z: 0 });
  for (let s = 0; s < 30; s += 0.1) assert.ok(reachOf(swayEye(s, BOX), BOX) <= 1);
});

test("a picture that is contained touches two sides and keeps its aspect", () => {
  assert.deepEqual(contain(2, 100, 100), { width: 100, height: 50 });
  assert.deepEqual(contain(0.5, 100, 100), { width: 50, height: 100 });
});

test("a key moves the eye, home takes it back, and it settles", () => {
  const motion = new Motion(BOX, false);
  motion.step(1, 0, 0);
  while (motion.update(1 / 60));
  assert.ok(motion.eye.x > 0 && motion.eye.y === 0);
  motion.home();
  while (motion.update(1 / 60));
  assert.deepEqual(motion.eye, { x: 0, y: 0, z: 0 });
});

test("dragging the scene to the left moves the eye to the right", () => {
  const motion = new Motion(BOX, true);
  motion.drag(-0.1, 0);
  motion.update(0);
  assert.ok(motion.eye.x > 0);
});

test("a hand ends the swaying", () => {
  const motion = new Motion(BOX, true);
  motion.sway(true);
  assert.ok(motion.update(1));
  motion.step(0, 0, 1);
  assert.equal(motion.isSwaying, false);
});

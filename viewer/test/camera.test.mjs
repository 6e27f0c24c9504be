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
  trackedEye,
  verticalFov,
} from "../src/camera.js";
import { Motion } from "../src/motion.js";

const PHOTO = { width: 4000, height: 3000, focal: 3000 };
const BOX = { lateral: 0.2, vertical: 0.15, forward: 0.1, sway: 0.1, focus: 2 };

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

test("a clamped eye is at the nearest side, and stays where it was inside", () => {
  assert.deepEqual(clampEye({ x: 3, y: -0.1, z: 0.05 }, BOX), { x: 0.2, y: -0.1, z: 0.05 });
  assert.equal(reachOf(clampEye({ x: 3, y: -1, z: 0.5 }, BOX), BOX), 1);
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

test("a push against a side moves the eye along no other axis", () => {
  const motion = new Motion(BOX, true);
  for (let press = 0; press < 9; press++) motion.step(1, 0, 0);
  motion.step(0, 1, 0);
  motion.update(0);
  const { y } = motion.eye;
  assert.ok(y > 0 && motion.eye.x === BOX.lateral);
  for (let press = 0; press < 9; press++) motion.step(1, 0, 0);
  motion.step(0, 0, 1);
  motion.update(0);
  assert.equal(motion.eye.y, y);
  assert.equal(motion.eye.x, BOX.lateral);
});

test("fingers that spread move the eye closer, and back as far", () => {
  const motion = new Motion(BOX, true);
  motion.pinch(1.2);
  motion.update(0);
  assert.ok(motion.eye.z > 0 && motion.eye.z < BOX.forward && motion.eye.x === 0);
  motion.pinch(1 / 1.2);
  motion.update(0);
  assert.ok(Math.abs(motion.eye.z) < 1e-12);
});

test("the camera is at home only while it rests at the photo's camera", () => {
  const motion = new Motion(BOX, true);
  assert.ok(motion.isHome && motion.reach === 0);
  motion.step(1, 0, 0);
  assert.ok(!motion.isHome);
  motion.update(0);
  assert.ok(!motion.isHome && motion.reach > 0);
  motion.home();
  assert.ok(!motion.isHome);
  motion.update(0);
  assert.ok(motion.isHome);
  motion.sway(true);
  assert.ok(!motion.isHome);
});

test("a tracked head starts at the photo's camera, moves at true scale, and stays in the box", () => {
  const start = { x: 1, y: -1.6, z: 0.3 };
  for (const yaw of [0, 1, -2.5]) {
    // A step of 0.1 m to the right, and one of 2 m, as seen by a person with this heading.
    const step = (metres) => ({
      x: start.x + metres * Math.cos(yaw),
      y: start.y,
      z: start.z - metres * Math.sin(yaw),
    });
    const at = (metres) => trackedEye(step(metres), start, yaw, BOX);
    assert.ok(Math.hypot(at(0).eye.x, at(0).eye.y, at(0).eye.z) < 1e-12);
    assert.ok(Math.abs(at(0.1).eye.x - 0.1) < 1e-12 && Math.abs(at(0.1).eye.z) < 1e-12);
    assert.equal(at(2).eye.x, BOX.lateral);
    // Beyond the box, the scene moves as much as the head.
    const [a, b] = [at(2).shift, at(2.5).shift];
    assert.ok(Math.abs(a.x - b.x - 0.5) < 1e-12);
  }
});

test("a hand ends the swaying", () => {
  const motion = new Motion(BOX, true);
  motion.sway(true);
  assert.ok(motion.update(1));
  motion.step(0, 0, 1);
  assert.equal(motion.isSwaying, false);
});

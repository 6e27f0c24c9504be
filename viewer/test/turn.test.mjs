import assert from "node:assert/strict";
import { test } from "node:test";

import { headBox } from "../src/camera.js";
import { Turn } from "../src/turn.js";

const FRONT = { width: 200, height: 150, focal: 100, is360: true };

function settled(turn) {
  while (turn.update(1 / 60));
  return turn.view;
}

test("keys turn all around, and up and down no farther than to the poles", () => {
  const turn = new Turn({}, FRONT, false);
  for (let press = 0; press < 30; press++) turn.step(1, 0, 0);
  assert.equal(settled(turn).yaw, 450);
  for (let press = 0; press < 30; press++) turn.step(0, -1, 0);
  assert.equal(settled(turn).pitch, 89);
});

test("home turns back to the front the short way", () => {
  const turn = new Turn({}, FRONT, true);
  for (let press = 0; press < 23; press++) turn.step(1, 0, 0);
  turn.update(0);
  turn.home();
  turn.update(0);
  assert.deepEqual(turn.view, { yaw: 360, pitch: 0, zoom: 1 });
});

test("what the pointer holds stays under it: a whole width is the field of view", () => {
  const turn = new Turn({}, FRONT, true);
  turn.drag(-1, 0);
  turn.update(0);
  assert.ok(Math.abs(turn.view.yaw - 90) < 1e-9);
  turn.drag(0, 0.1);
  turn.update(0);
  assert.ok(Math.abs(turn.view.pitch - 9) < 1e-9);
});

test("fingers that spread magnify", () => {
  const turn = new Turn({}, FRONT, true);
  turn.pinch(1.5);
  turn.update(0);
  assert.equal(turn.view.zoom, 1.5);
});

test("zoom has limits, and slow turning ends with a hand", () => {
  const turn = new Turn({}, FRONT, true);
  turn.wheel(-1e6);
  turn.update(0);
  assert.equal(turn.view.zoom, 4);
  turn.sway(true);
  assert.ok(turn.update(1));
  assert.equal(turn.view.yaw, 6);
  turn.step(1, 0, 0);
  assert.equal(turn.isSwaying, false);
});

test("the head box of a 360° scene is of distances, to the sides and back as well", () => {
  const centers = Float32Array.from([0, 0, -5, 5, 0, 0, 0, -5, 0, 0, 0, 5]);
  assert.ok(Math.abs(headBox(centers, FRONT).focus - 5) < 1e-6);
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

// The gallery's pages are served as they are, and belong to no package of Node's.
const source = await readFile(new URL("../../jobs/gallery/static/layout.js", import.meta.url));
const { estimateHeight, indexInRow, justify, shownAspect } = await import(
  `data:text/javascript;base64,${source.toString("base64")}`
);

const ASPECTS = Array.from({ length: 200 }, (_, index) => shownAspect(3 + (index % 7), 2 + (index % 4)));

const rowsOf = (boxes) => Map.groupBy?.(boxes, (box) => box.top) ?? groupBy(boxes);
const groupBy = (boxes) => {
  const rows = new Map();
  for (const box of boxes) rows.set(box.top, [...(rows.get(box.top) ?? []), box]);
  return rows;
};

for (const width of [320, 801, 1440]) {
  test(`rows fill a width of ${width}, do not overlap, and keep aspects`, () => {
    const { boxes, height } = justify(ASPECTS, width, 200, 4);
    assert.equal(boxes.length, ASPECTS.length);
    const rows = [...rowsOf(boxes).values()];
    let bottom = -4;
    for (const [index, row] of rows.entries()) {
      assert.equal(row[0].top, bottom + 4);
      bottom = row[0].top + row[0].height;
      row.slice(1).forEach((box, at) => assert.equal(box.left, row[at].left + row[at].width + 4));
      const right = row.at(-1).left + row.at(-1).width;
      if (index < rows.length - 1) assert.equal(right, width);
      assert.ok(right <= width + row.length);
      assert.ok(row[0].height <= 201);
    }
    assert.equal(height, bottom);
    boxes.forEach((box, index) => assert.ok(Math.abs(box.width / box.height - ASPECTS[index]) < 0.1));
  });
}

test("a last row that may grow is left out, and what is placed stays where it is", () => {
  const some = justify(ASPECTS.slice(0, 50), 900, 200, 4, false);
  const all = justify(ASPECTS, 900, 200, 4);
  assert.ok(some.boxes.length > 40 && some.boxes.length <= 50);
  assert.deepEqual(some.boxes, all.boxes.slice(0, some.boxes.length));
});

test("pictures beyond all measure are cut, and unknown ones take a usual aspect", () => {
  assert.equal(shownAspect(10000, 100), 2.6);
  assert.equal(shownAspect(100, 10000), 0.55);
  assert.equal(shownAspect(null, 3), 4 / 3);
});

test("an estimate is near the truth", () => {
  const { height } = justify(Array(300).fill(4 / 3), 1200, 200, 4);
  assert.ok(Math.abs(estimateHeight(300, 1200, 200, 4) / height - 1) < 0.02);
});

test("up and down lead to the nearest picture of the next row, and back", () => {
  const { boxes } = justify(ASPECTS, 900, 200, 4);
  for (let index = 0; index < boxes.length; index++) {
    const below = indexInRow(boxes, index, 1);
    if (below < 0) continue;
    assert.ok(boxes[below].top > boxes[index].top);
    const above = indexInRow(boxes, below, -1);
    assert.equal(boxes[above].top, boxes[index].top);
  }
  assert.equal(indexInRow(boxes, 0, -1), -1);
  assert.equal(indexInRow(boxes, boxes.length - 1, 1), -1);
});

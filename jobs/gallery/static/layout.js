// Layout of a photo grid: rows as wide as the page, each photo in its own aspect ratio.

const NARROWEST = 0.55; // aspects beyond these are cropped, or one photo would fill a row
const WIDEST = 2.6;
const UNKNOWN = 4 / 3;

/** Return the aspect in which a photo is shown. Its width and height may be null. */
export function shownAspect(width, height) {
  if (!width || !height) return UNKNOWN;
  return Math.min(WIDEST, Math.max(NARROWEST, width / height));
}

/**
 * Place photos of these aspects in rows of about `rowHeight`, `gap` apart. All rows fill `width`,
 * except the last, which has at most `rowHeight`. If `isEnd` is false, more photos will follow, and
 * an incomplete last row is left out.
 */
export function justify(aspects, width, rowHeight, gap, isEnd = true) {
  const boxes = [];
  let top = 0;
  let row = [];
  let sum = 0;
  const place = (height) => {
    let left = 0;
    row.forEach((aspect, index) => {
      // The last one ends exactly at the edge, in spite of rounding.
      const isLast = index === row.length - 1 && height !== rowHeight;
      const boxWidth = isLast ? width - left : Math.round(aspect * height);
      boxes.push({ left, top, width: boxWidth, height: Math.round(height) });
      left += boxWidth + gap;
    });
    top += Math.round(height) + gap;
    row = [];
    sum = 0;
  };
  for (const aspect of aspects) {
    row.push(aspect);
    sum += aspect;
    const filled = width - gap * (row.length - 1);
    if (filled / sum <= rowHeight) place(filled / sum);
  }
  if (row.length && isEnd) place(rowHeight);
  return { boxes, height: Math.max(0, top - gap) };
}

/** Return the estimated height of `count` photos of unknown aspects. */
export function estimateHeight(count, width, rowHeight, gap) {
  const perRow = Math.ceil((width + gap) / (rowHeight * UNKNOWN + gap));
  const height = (width - gap * (perRow - 1)) / (perRow * UNKNOWN);
  return Math.ceil(count / perRow) * (Math.round(height) + gap) - gap;
}

/** Return the index of the box that is nearest to box `from` one row up (-1) or down (1). */
export function indexInRow(boxes, from, direction) {
  const { left, width, top } = boxes[from];
  const middle = left + width / 2;
  let best = -1;
  let rowTop = null;
  for (let at = from + direction; at >= 0 && at < boxes.length; at += direction) {
    const box = boxes[at];
    if (box.top === top) continue;
    rowTop ??= box.top;
    if (box.top !== rowTop) break;
    const distance = Math.abs(box.left + box.width / 2 - middle);
    if (best < 0 || distance < Math.abs(boxes[best].left + boxes[best].width / 2 - middle)) {
      best = at;
    }
  }
  return best;
}

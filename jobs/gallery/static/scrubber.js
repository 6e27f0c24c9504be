// The years beside a timeline.

import { keepFocus } from "./focus.js";
import { topHeight } from "./timeline.js";

/** A strip with the years at the edge of the window, to jump in a large library. */
export function makeScrubber(grid) {
  const scrubber = document.querySelector(".scrubber");
  if (grid.periods.length < 4) return;
  scrubber.hidden = false;
  const bubble = document.createElement("output");
  const whole = () => document.documentElement.scrollHeight - innerHeight;
  const monthAt = (share) => {
    const at = share * whole() + topHeight();
    return grid.periods.findLast((period) => period.element.offsetTop <= at) ?? grid.periods[0];
  };
  const label = () => {
    scrubber.replaceChildren(bubble);
    let last = null;
    let lowest = -1;
    for (const period of grid.periods) {
      const year = period.name.slice(0, 4).padEnd(4, "0");
      if (year === last || period.name === "undated") continue;
      last = year;
      const share = Math.min(1, Math.max(0, (period.element.offsetTop - topHeight()) / whole()));
      const at = share * scrubber.clientHeight;
      if (at < lowest + 22) continue;
      lowest = at;
      const link = document.createElement("a");
      link.href = `#period-${period.name}`;
      link.textContent = year;
      link.draggable = false;
      link.style.top = `${at}px`;
      scrubber.append(link);
    }
  };
  const shareOf = ({ clientY }) => {
    const { top, height } = scrubber.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientY - top) / height));
  };
  const point = (share) => {
    bubble.style.top = `${share * scrubber.clientHeight}px`;
    bubble.textContent = grid.source.titleOf(monthAt(share).name);
  };
  scrubber.addEventListener("pointermove", (event) => {
    const share = shareOf(event);
    point(share);
    if (scrubber.hasPointerCapture(event.pointerId)) {
      scrollTo({ top: share * whole(), behavior: "instant" });
    }
  });
  scrubber.addEventListener("pointerdown", (event) => {
    if (event.target instanceof HTMLAnchorElement) return;
    scrubber.setPointerCapture(event.pointerId);
    scrollTo({ top: shareOf(event) * whole(), behavior: "instant" });
  });
  scrubber.addEventListener("pointerleave", () => {
    bubble.textContent = "";
  });
  let timer = 0;
  addEventListener("scroll", () => {
    document.body.classList.add("is-scrolling");
    clearTimeout(timer);
    timer = setTimeout(() => document.body.classList.remove("is-scrolling"), 900);
  });
  const labelAgain = () => {
    const focused = document.activeElement;
    const year = scrubber.contains(focused) ? focused.textContent : null;
    keepFocus(label, () => [...scrubber.querySelectorAll("a")].filter((link) => link.textContent === year));
  };
  label();
  new ResizeObserver(labelAgain).observe(grid.element);
}

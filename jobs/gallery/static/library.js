// The timeline of photos by month, year or decade. A period is fetched when it comes near the
// window, and only the photos near the window are in the page.

import { estimateHeight, indexInRow, justify, shownAspect } from "./layout.js";
import { LOCALE, text } from "./texts.js";

const GAP = 4;
const ROW_HEIGHT = matchMedia("(max-width: 40rem)").matches ? 120 : 210;
const HEADING_HEIGHT = 48; // as in gallery.css
const AHEAD = 1200; // pixels above and below the window that stay filled

const timeline = document.querySelector(".timeline");
const filters = new URLSearchParams(location.search);
const monthNames = new Intl.DateTimeFormat(LOCALE, { month: "long", year: "numeric", timeZone: "UTC" });
const dayNames = new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeZone: "UTC" });

function titleOf(name) {
  if (name === "undated") return text("Without a date");
  if (name.length === 3) return text("{decade}0s", { decade: name });
  return name.length === 4 ? name : monthNames.format(new Date(`${name}-15T12:00Z`));
}

/** One month, year or decade: its heading, and those of its photos that are near the window. */
class Period {
  photos = [];
  isComplete = false;
  #boxes = [];
  #tiles = new Map();
  #fetching = null;

  constructor([name, count]) {
    this.name = name;
    this.count = count;
    this.element = document.createElement("section");
    this.element.className = "period";
    this.element.id = `period-${name}`;
    const heading = document.createElement("h2");
    heading.id = `heading-${name}`;
    heading.textContent = titleOf(name);
    const number = document.createElement("small");
    number.textContent = count.toLocaleString(LOCALE);
    heading.append(number);
    this.list = document.createElement("ul");
    this.list.className = "tiles";
    this.element.setAttribute("aria-labelledby", heading.id);
    this.element.append(heading, this.list);
  }

  /** Lay out the fetched photos, and reserve space for the others. */
  arrange(width) {
    const aspects = this.photos.map(([, w, h]) => shownAspect(w, h));
    const { boxes, height } = justify(aspects, width, ROW_HEIGHT, GAP, this.isComplete);
    this.#boxes = boxes;
    this.filled = height;
    const left = this.isComplete ? 0 : Math.max(1, this.count - boxes.length);
    const rest = left && estimateHeight(left, width, ROW_HEIGHT, GAP);
    this.height = height + (height && rest ? GAP : 0) + rest;
    this.list.style.height = `${this.height}px`;
    for (const [index, tile] of this.#tiles) this.#position(tile, index);
  }

  /** Fetch the next photos. */
  fetchMore() {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetch() {
    const query = new URLSearchParams(filters);
    query.set("period", this.name);
    if (this.photos.length) query.set("beyond", this.photos.at(-1)[0]);
    const response = await fetch(`/api/photos?${query}`);
    if (!response.ok) throw new Error(`photos of ${this.name}: ${response.status}`);
    const { photos, more } = await response.json();
    this.photos.push(...photos);
    this.isComplete = !more;
  }

  /** Keep only the tiles between two heights of the list in the page. */
  show(from, to) {
    const wanted = new Set();
    this.#boxes.forEach((box, index) => {
      if (box.top + box.height >= from && box.top <= to) wanted.add(index);
    });
    for (const [index, tile] of this.#tiles) {
      // A tile with the focus stays, wherever the page is scrolled to.
      if (!wanted.has(index) && !tile.contains(document.activeElement)) {
        tile.remove();
        this.#tiles.delete(index);
      }
    }
    for (const index of wanted) this.#tile(index);
  }

  tileOf(index) {
    return this.#tile(index).firstChild;
  }

  box(index) {
    return this.#boxes[index];
  }

  get shown() {
    return this.#boxes.length;
  }

  /** Return the index of the first photo that ends below a height of the list; -1 if none is known. */
  firstBelow(height) {
    return this.#boxes.findIndex((box) => box.top + box.height > height);
  }

  indexBeside(index, direction) {
    return indexInRow(this.#boxes, index, direction);
  }

  #tile(index) {
    const there = this.#tiles.get(index);
    if (there) return there;
    const [id, , , taken, name, ofMoment] = this.photos[index];
    const tile = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/photos/${id}${location.search}`;
    link.dataset.period = this.name;
    link.dataset.index = index;
    link.tabIndex = -1;
    const image = document.createElement("img");
    image.src = `/thumbs/${id}.webp`;
    image.alt = [name, taken && dayNames.format(new Date(`${taken}Z`))].filter(Boolean).join(", ");
    image.decoding = "async";
    image.draggable = false;
    link.append(image);
    if (ofMoment > 1) {
      const stack = document.createElement("span");
      stack.className = "stack";
      stack.textContent = ofMoment;
      stack.title = text("{count} photos of one moment", { count: ofMoment });
      link.append(stack);
    }
    tile.append(link);
    this.#position(tile, index);
    this.#tiles.set(index, tile);
    // Keep the order of the photos, for screen readers and the keyboard.
    const after = [...this.#tiles.keys()].filter((other) => other > index);
    this.list.insertBefore(tile, this.#tiles.get(Math.min(...after)) ?? null);
    return tile;
  }

  #position(tile, index) {
    const box = this.#boxes[index];
    if (!box) return;
    tile.style.transform = `translate(${box.left}px, ${box.top}px)`;
    tile.style.width = `${box.width}px`;
    tile.style.height = `${box.height}px`;
  }
}

/** All periods, and what of them is on the page. */
class Timeline {
  lastFocused = null;
  #width = 0;
  #isAsked = false;

  constructor(periods) {
    this.periods = periods.map((period) => new Period(period));
    timeline.append(...this.periods.map((period) => period.element));
    this.arrange();
    addEventListener("scroll", () => this.ask(), { passive: true });
    new ResizeObserver(() => this.arrange()).observe(timeline);
  }

  arrange() {
    const style = getComputedStyle(timeline);
    const width = Math.floor(
      timeline.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
    );
    if (width === this.#width || width <= 0) return;
    const anchor = this.#width ? this.place() : null;
    this.#width = width;
    for (const period of this.periods) period.arrange(width);
    if (anchor) this.goTo(anchor);
    this.render();
  }

  /** Render before the next picture of the page, however often it is asked for. */
  ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.render();
    });
  }

  render() {
    const top = scrollY - AHEAD;
    const bottom = scrollY + innerHeight + AHEAD;
    for (const period of this.periods) {
      const start = listTop(period);
      const isNear = start + period.height >= top && start <= bottom;
      period.show(isNear ? top - start : 1, isNear ? bottom - start : 0);
      if (isNear && !period.isComplete && start + period.filled < bottom) this.#load(period);
    }
    this.#keepReachable();
  }

  async #load(period) {
    try {
      await period.fetchMore();
    } catch {
      return; // the next scroll asks again
    }
    this.#rearrange(period);
    this.ask();
  }

  #rearrange(period) {
    const before = period.height;
    const isAbove = listTop(period) + before < scrollY;
    period.arrange(this.#width);
    // What is above the window grew or shrank: the window stays with what it shows.
    if (isAbove) scrollBy({ top: period.height - before, behavior: "instant" });
  }

  /** Return the link of a photo of a period, fetched if needed; null if there is none. */
  async reach(period, index) {
    while (index >= period.shown && !period.isComplete) {
      await period.fetchMore();
      this.#rearrange(period);
    }
    return index < period.shown ? period.tileOf(index) : null;
  }

  /**
   * Return the scroll position, so that it survives a resize and a new load of the page: the first
   * photo below the top of the window, and its distance from there. Where the photos of the period
   * are not known yet, a share of the period.
   */
  place() {
    const top = scrollY + topHeight();
    const period = this.periods.findLast(({ element }) => element.offsetTop <= top) ?? this.periods[0];
    if (!period) return null;
    const start = listTop(period);
    const index = period.firstBelow(top - start);
    return {
      name: period.name,
      index,
      offset: index >= 0 ? start + period.box(index).top - top : 0,
      share: (top - period.element.offsetTop) / (period.height + HEADING_HEIGHT),
    };
  }

  goTo({ name, index, offset, share }) {
    const period = this.named(name);
    if (!period) return;
    const box = period.box(index);
    const top = box
      ? listTop(period) + box.top - offset
      : period.element.offsetTop + share * (period.height + HEADING_HEIGHT);
    scrollTo({ top: top - topHeight(), behavior: "instant" });
  }

  named(name) {
    return this.periods.find((period) => period.name === name);
  }

  /** Return the link of a photo by its id and its time, fetched if needed; null if there is none. */
  async find(id, taken) {
    const period = this.periods.find(({ name }) => (taken ? taken.startsWith(name) : name === "undated"));
    for (;;) {
      const index = period?.photos.findIndex(([photo]) => photo === id) ?? -1;
      if (index >= 0) return this.reach(period, index);
      if (!period || period.isComplete) return null;
      await period.fetchMore();
      this.#rearrange(period);
    }
  }

  // One photo can be reached with Tab: the one that had the focus last, or the first visible one.
  #keepReachable() {
    const links = [...timeline.querySelectorAll(".tiles a")];
    const last = links.find((link) => link === this.lastFocused);
    const first = links.find((link) => link.getBoundingClientRect().top >= topHeight());
    for (const link of links) link.tabIndex = link === (last ?? first) ? 0 : -1;
  }
}

function topHeight() {
  return document.querySelector(".top").offsetHeight;
}

function listTop(period) {
  return period.element.offsetTop + HEADING_HEIGHT;
}

/** Arrow keys move between photos, Home and End go to the first and last one of all. */
function walkByKeys(grid) {
  const focus = async (period, index) => {
    const link = await grid.reach(period, index);
    if (!link) return;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest", behavior: "instant" });
    grid.ask();
  };
  timeline.addEventListener("focusin", ({ target }) => {
    if (!target.dataset.period) return;
    grid.lastFocused = target;
    grid.ask();
  });
  timeline.addEventListener("keydown", (event) => {
    const { period: name, index: text } = event.target.dataset;
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    const number = grid.periods.findIndex((period) => period.name === name);
    const period = grid.periods[number];
    const index = Number(text);
    const older = grid.periods[number + 1];
    const newer = grid.periods[number - 1];
    const go = {
      ArrowRight: () => (index + 1 < period.count ? focus(period, index + 1) : older && focus(older, 0)),
      ArrowLeft: () => (index ? focus(period, index - 1) : newer && focus(newer, newer.count - 1)),
      ArrowDown: () => {
        const below = period.indexBeside(index, 1);
        if (below >= 0) return focus(period, below);
        return period.shown < period.count ? focus(period, period.shown) : older && focus(older, 0);
      },
      ArrowUp: () => {
        const above = period.indexBeside(index, -1);
        return above >= 0 ? focus(period, above) : newer && focus(newer, newer.count - 1);
      },
      Home: () => focus(grid.periods[0], 0),
      End: () => focus(grid.periods.at(-1), grid.periods.at(-1).count - 1),
    }[event.key];
    if (!go) return;
    event.preventDefault();
    go();
  });
}

/** A strip with the years at the edge of the window, to jump in a large library. */
function makeScrubber(grid) {
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
    bubble.textContent = titleOf(monthAt(share).name);
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
  label();
  new ResizeObserver(label).observe(timeline);
}

/** Restore the scroll position, and the focus, when a person returns to this view. */
async function rememberPlace(grid) {
  history.scrollRestoration = "manual";
  const key = `place ${location.search}`;
  addEventListener("pagehide", () => {
    sessionStorage.setItem(key, JSON.stringify(grid.place()));
  });
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  const isReturn = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  const isUp = location.hash.startsWith("#photo-");
  if (!isReturn && !isUp) {
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    return;
  }
  if (kept) {
    const period = grid.named(kept.name);
    if (period && kept.index >= 0) await grid.reach(period, kept.index).catch(() => null);
    grid.goTo(kept);
  }
  // photo.js has kept which photo was open.
  const open = JSON.parse(sessionStorage.getItem("open photo") ?? "null");
  sessionStorage.removeItem("open photo");
  if (!open || (isUp && location.hash !== `#photo-${open.id}`)) return;
  const link = await grid.find(open.id, open.taken).catch(() => null);
  if (!link || document.activeElement !== document.body) return;
  const { top, bottom } = link.getBoundingClientRect();
  link.focus({ preventScroll: true });
  if (top < topHeight() || bottom > innerHeight) {
    link.scrollIntoView({ block: "center", behavior: "instant" });
  }
  grid.ask();
}

const periods = JSON.parse(document.getElementById("periods").textContent);
if (periods.length) {
  const grid = new Timeline(periods);
  rememberPlace(grid);
  walkByKeys(grid);
  makeScrubber(grid);
}

const panel = document.querySelector(".filters");
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  panel.open = false;
  panel.querySelector("summary").focus();
});
document.addEventListener("pointerdown", (event) => {
  if (!panel.contains(event.target)) panel.open = false;
});
// The values to choose from are fetched when the filters are opened.
panel.addEventListener("toggle", async () => {
  const response = await fetch("/api/choices").catch(() => null);
  if (!response?.ok) return;
  const { cameras, lenses, models } = await response.json();
  const options = (values) => values.map((value) => new Option(value, value));
  document.getElementById("cameras").replaceChildren(...options(cameras));
  document.getElementById("lenses").replaceChildren(...options(lenses));
  const field = panel.querySelector(".model");
  const { value } = field.querySelector("select");
  field.querySelector("select").replaceChildren(new Option(text("Any"), ""), ...options(models));
  field.querySelector("select").value = value;
  field.hidden = models.length < 2 && !value;
}, { once: true });
// Empty fields stay out of the address.
panel.querySelector("form").addEventListener("submit", ({ target }) => {
  for (const field of target.elements) if (!field.value) field.disabled = true;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  event.preventDefault();
  document.getElementById("text").focus();
});

// The timeline of photos by month, year or decade. A period is fetched when it comes near the
// window, and only the photos near the window are in the page.
//
// Its source tells what it shows: photosOf(period, last) resolves to { photos, more }, where a photo
// is [id, width, height, time, name, how many of its moment] and `last` the id of the last one that
// is known; pageOf(id) and thumbOf(id) are addresses; text, locale, titleOf and dayOf are as the
// functions of makeWords return them. onTile(tile, id, name), if it is there, is told of each tile
// that comes into the page.

import { focusHeading } from "./focus.js";
import { estimateHeight, indexInRow, justify, shownAspect } from "./layout.js";

const GAP = 4;
const ROW_HEIGHT = matchMedia("(max-width: 40rem)").matches ? 120 : 210;
const HEADING_HEIGHT = 48; // as in gallery.css
const AHEAD = 1200; // pixels above and below the window that stay filled

/** Return the texts of a timeline: `text` translates English, `locale` is how dates are written. */
export function makeWords(text, locale) {
  const months = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  return {
    text,
    locale,
    titleOf(name) {
      if (name === "undated") return text("Without a date");
      if (name.length === 3) return text("{decade}0s", { decade: name });
      return name.length === 4 ? name : months.format(new Date(`${name}-15T12:00Z`));
    },
    dayOf: (taken) => days.format(new Date(`${taken}Z`)),
  };
}

/** One month, year or decade: its heading, and those of its photos that are near the window. */
class Period {
  photos = [];
  isComplete = false;
  #boxes = [];
  #tiles = new Map();
  #fetching = null;
  #source;
  #number;

  constructor([name, count], source) {
    this.#source = source;
    this.name = name;
    this.count = count;
    this.element = document.createElement("section");
    this.element.className = "period";
    this.element.id = `period-${name}`;
    const heading = document.createElement("h2");
    heading.id = `heading-${name}`;
    heading.textContent = source.titleOf(name);
    this.#number = document.createElement("small");
    this.#number.textContent = count.toLocaleString(source.locale);
    heading.append(this.#number);
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
    const known = this.photos;
    const { photos, more } = await this.#source.photosOf(this.name, known.at(-1)?.[0]);
    // Fetched anew meanwhile, the last photo may be another one: these would leave a gap.
    if (this.photos !== known) return;
    this.photos.push(...photos);
    this.isComplete = !more;
  }

  /**
   * Fetch the photos anew, as many as were fetched, of a period that has `count` now. Return a
   * function that takes them over.
   */
  async fetchAgain(count) {
    await this.#fetching?.catch(() => null);
    const wanted = this.photos.length;
    const photos = [];
    let isComplete = false;
    while (photos.length < wanted && !isComplete) {
      const found = await this.#source.photosOf(this.name, photos.at(-1)?.[0]);
      photos.push(...found.photos);
      isComplete = !found.more;
    }
    return () => {
      this.count = count;
      this.#number.textContent = count.toLocaleString(this.#source.locale);
      this.#keepTiles(photos);
      this.photos = photos;
      this.isComplete = isComplete;
    };
  }

  /** Keep the tiles of photos that are there as before, at their new places; drop the others. */
  #keepTiles(photos) {
    const places = new Map(photos.map((photo, index) => [photo[0], index]));
    const kept = new Map();
    for (const [old, tile] of this.#tiles) {
      const index = places.get(this.photos[old][0]);
      if (index !== undefined && String(photos[index]) === String(this.photos[old])) {
        tile.firstChild.dataset.index = index;
        kept.set(index, tile);
      } else {
        tile.remove();
      }
    }
    this.#tiles = kept;
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
    link.href = this.#source.pageOf(id);
    link.dataset.period = this.name;
    link.dataset.index = index;
    link.tabIndex = -1;
    const image = document.createElement("img");
    image.src = this.#source.thumbOf(id);
    image.alt = [name, taken && this.#source.dayOf(taken)].filter(Boolean).join(", ");
    image.decoding = "async";
    image.draggable = false;
    link.append(image);
    if (ofMoment > 1) {
      const stack = document.createElement("span");
      stack.className = "stack";
      stack.textContent = ofMoment;
      stack.title = this.#source.text("{count} photos of one moment", { count: ofMoment });
      link.append(stack);
    }
    tile.append(link);
    this.#source.onTile?.(tile, id, name ?? "");
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

/** All periods of photos in `element`, and what of them is on the page. */
export class Timeline {
  lastFocused = null;
  #width = 0;
  #isAsked = false;

  constructor(element, periods, source) {
    this.element = element;
    this.source = source;
    this.periods = periods.map((period) => new Period(period, source));
    element.append(...this.periods.map((period) => period.element));
    this.arrange();
    addEventListener("scroll", () => this.ask(), { passive: true });
    new ResizeObserver(() => this.arrange()).observe(element);
  }

  arrange() {
    const style = getComputedStyle(this.element);
    const width = Math.floor(
      this.element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
    );
    if (width === this.#width || width <= 0) return;
    const anchor = this.#width && !this.isAtTop ? this.place() : null;
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
    if (!this.element.clientWidth) return; // nothing of it is on the page
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
      await this.#fetchMore(period);
    } catch {
      return; // the next scroll asks again
    }
    this.ask();
  }

  async #fetchMore(period) {
    await period.fetchMore();
    this.#rearrange(period);
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
    while (index >= period.shown && !period.isComplete) await this.#fetchMore(period);
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

  /**
   * Return the photos from one place to another, with both, in either order: the ids of the first
   * ones, `most` of them at most, and the count of all. Photos that are not known yet are fetched.
   * A place is { period, id }.
   */
  async idsBetween(one, other, most) {
    const places = [one, other].map(({ period, id }) => {
      const number = this.periods.findIndex(({ name }) => name === period);
      return [number, this.#indexOf(this.periods[number], id)];
    });
    if (places.some(([number, index]) => number < 0 || index < 0)) return { ids: [], count: 0 };
    const [first, last] = places.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const ids = [];
    for (let number = first[0]; number <= last[0] && ids.length < most; number += 1) {
      const period = this.periods[number];
      const from = number === first[0] ? first[1] : 0;
      const to = number === last[0] ? last[1] + 1 : Infinity;
      while (!period.isComplete && period.photos.length < Math.min(to, from + most)) {
        await this.#fetchMore(period);
      }
      ids.push(...period.photos.slice(from, to).map(([id]) => id));
    }
    const before = this.periods.slice(first[0], last[0]).reduce((sum, { count }) => sum + count, 0);
    return { ids: ids.slice(0, most), count: before + last[1] + 1 - first[1] };
  }

  /** Return the place of a tile's photo, for idsBetween. */
  placeOf({ period, index }) {
    return { period, id: this.#photoOf({ period, index }) };
  }

  /** Whether the window stands at the beginning of the page. */
  get isAtTop() {
    return scrollY < 5;
  }

  /** How many photos all periods have. */
  get count() {
    return this.periods.reduce((sum, period) => sum + period.count, 0);
  }

  /**
   * Take over the periods of the view as they are now: names with numbers of photos. What the person
   * looks at stays where it is, unless the window is at its top. Return the first changed period.
   */
  async update(found) {
    const changed = found.filter(([name, count]) => this.named(name)?.count !== count);
    const known = changed.filter(([name]) => this.named(name));
    const takeOver = await Promise.all(known.map(([name, count]) => this.named(name).fetchAgain(count)));
    // From here on at once: nothing is painted in between.
    const focused = this.element.querySelector(".tiles a:focus");
    const kept = focused && this.#whereabouts(focused.dataset);
    const seen = this.isAtTop ? null : this.place();
    const seenPhoto = seen && this.#photoOf({ period: seen.name, index: seen.index });
    for (const take of takeOver) take();
    this.periods = found.map((period) => this.named(period[0]) ?? new Period(period, this.source));
    this.#putInOrder();
    for (const period of this.periods) period.arrange(this.#width);
    if (seen) {
      const index = seenPhoto ? this.#indexOf(this.named(seen.name), seenPhoto) : -1;
      this.goTo(index < 0 ? seen : { ...seen, index });
    }
    this.render();
    if (kept) this.#focusAgain(kept);
    return changed.length ? this.named(changed[0][0]) : null;
  }

  /**
   * Focus the photo that had the focus. Where it is gone, the one that took its place in its period, or
   * its last one; where the period is gone, the first of the period in its place.
   */
  #focusAgain({ id, name, number, index }) {
    const holder = this.periods.find((period) => this.#indexOf(period, id) >= 0);
    const same = this.named(name);
    const period = holder ?? same ?? this.periods[Math.min(number, this.periods.length - 1)];
    const wanted = holder ? this.#indexOf(holder, id) : same ? index : 0;
    const at = Math.min(wanted, (period?.shown ?? 0) - 1);
    if (at >= 0) period.tileOf(at).focus({ preventScroll: true });
    else focusHeading();
  }

  #whereabouts({ period: name, index }) {
    const number = this.periods.findIndex((period) => period.name === name);
    return { id: this.#photoOf({ period: name, index }), name, number, index: Number(index) };
  }

  #photoOf({ period, index }) {
    return this.named(period)?.photos[Number(index)]?.[0];
  }

  #indexOf(period, id) {
    return period?.photos.findIndex(([photo]) => photo === id) ?? -1;
  }

  /** Have the elements of the periods in the page, in their order, and no others. */
  #putInOrder() {
    const elements = this.periods.map(({ element }) => element);
    for (const element of this.element.querySelectorAll(".period")) {
      if (!elements.includes(element)) element.remove();
    }
    let next = null;
    for (const element of elements.reverse()) {
      if (element.parentElement !== this.element || element.nextElementSibling !== next) {
        this.element.insertBefore(element, next);
      }
      next = element;
    }
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
      const index = this.#indexOf(period, id);
      if (index >= 0) return this.reach(period, index);
      if (!period || period.isComplete) return null;
      await this.#fetchMore(period);
    }
  }

  // One photo can be reached with Tab: the one that had the focus last, or the first visible one.
  #keepReachable() {
    const links = [...this.element.querySelectorAll(".tiles a")];
    const last = links.find((link) => link === this.lastFocused);
    const first = links.find((link) => link.getBoundingClientRect().top >= topHeight());
    for (const link of links) link.tabIndex = link === (last ?? first) ? 0 : -1;
  }
}

/** Return the height of what stays at the top of the window. */
export function topHeight() {
  return document.querySelector(".top").offsetHeight;
}

function listTop(period) {
  return period.element.offsetTop + HEADING_HEIGHT;
}

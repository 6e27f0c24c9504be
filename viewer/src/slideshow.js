// A slideshow: scenes that glide, each into the next. data-at is the number of slides shown so far.
//
// The element's data-slides is the address of the list of slides, data-order its order ("date",
// "best" or "shuffle"), data-eyes how they are shown ("one", "two" or "squeezed"), data-back where
// the show ends, and data-kiosk hides all controls. data-seconds is the time of a slide.

import { usesKey } from "../../jobs/gallery/static/keys.js";
import { button, make, press, setIcon, toggle, toggleFullscreen } from "./elements.js";
import { Slide } from "./slide.js";
import { text } from "./texts.js";

const FADE_S = 1.5; // as in viewer.css
const IDLE_MS = 3000;
const RETRY_MS = 10_000;
const REDUCED_MOTION = matchMedia("(prefers-reduced-motion: reduce)");

/** Turn `root` into a slideshow that plays. */
export class Slideshow {
  #root;
  #slides = [];
  #isComplete = false; // all slides of the list are known
  #at = -1;
  #front = new Slide();
  #back = new Slide();
  #prepared = null; // the number of the slide that is loaded in the back, or being loaded
  #preparing = Promise.resolve(false);
  #elapsed = 0;
  #isPlaying = true;
  #isChanging = false;
  #status = make("p", { className: "viewer-status" });
  #play = null;
  #last = 0;

  constructor(root) {
    this.#root = root;
    this.#status.setAttribute("role", "status");
    root.append(this.#front.element, this.#back.element, this.#status);
    if (root.dataset.kiosk === undefined) this.#makeControls();
    this.#listen();
    this.#go(1);
    requestAnimationFrame((time) => this.#tick(time));
  }

  get #seconds() {
    return Number(this.#root.dataset.seconds ?? 12);
  }

  #tick(time) {
    const passed = Math.min(0.1, (time - this.#last) / 1000);
    this.#last = time;
    if (this.#isPlaying && this.#at >= 0) {
      this.#elapsed += passed;
      this.#front.glide(this.#elapsed / (this.#seconds + FADE_S));
      if (this.#elapsed > this.#seconds && !this.#isChanging) this.#go(1);
    }
    requestAnimationFrame((next) => this.#tick(next));
  }

  /** Go on to the next slide that can be shown, or back to the previous one. */
  async #go(side) {
    if (this.#isChanging) return;
    this.#isChanging = true;
    try {
      let at = this.#at + side;
      for (let failed = 0; ; failed++, at += side) {
        at = await this.#reach(at);
        if (at === null) return;
        if (await this.#prepare(at, side)) break;
        if (failed >= this.#slides.length) throw new Error(text("retrying"));
      }
      this.#status.textContent = "";
      this.#swap(at);
    } catch {
      this.#status.textContent = text("retrying");
      setTimeout(() => this.#go(side), RETRY_MS);
    } finally {
      this.#isChanging = false;
    }
  }

  // Returns the number of a slide of the list, which begins again at its end; null for an empty one.
  async #reach(at) {
    while (at >= this.#slides.length && !this.#isComplete) await this.#fetch();
    const count = this.#slides.length;
    if (!count) {
      this.#status.textContent = text("noSlides");
      return null;
    }
    if (at >= count && this.#root.dataset.order === "shuffle") {
      // Shuffled anew, and what a run has added is among them.
      this.#slides = [];
      this.#isComplete = false;
      return this.#reach(0);
    }
    return ((at % count) + count) % count;
  }

  async #fetch() {
    const url = new URL(this.#root.dataset.slides, location.href);
    url.searchParams.set("order", this.#root.dataset.order);
    url.searchParams.set("skip", this.#slides.length);
    const response = await fetch(url);
    if (!response.ok) throw new Error(text("serverError", { status: response.status }));
    const { slides, more } = await response.json();
    this.#slides.push(...slides);
    this.#isComplete = !more;
  }

  /** Load a slide into the layer in the back; returns whether that worked. */
  #prepare(at, side = 1) {
    const slide = this.#slides[at];
    if (this.#prepared === slide) return this.#preparing;
    this.#prepared = slide;
    const options = { moves: !REDUCED_MOTION.matches, side: at % 2 ? -1 : 1, eyes: this.#eyes };
    const before = this.#preparing;
    this.#preparing = (async () => {
      await before.catch(() => {});
      return this.#back.load(slide, { ...options, side: side * options.side }).then(
        () => true,
        () => false,
      );
    })();
    return this.#preparing;
  }

  #swap(at) {
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#front.layout(this.#eyes);
    this.#front.glide(0);
    const [front, back] = [this.#front.element, this.#back.element];
    back.after(front);
    back.classList.replace("is-front", "is-old");
    front.classList.remove("is-old");
    // It is drawn once, unseen, before it begins to appear.
    requestAnimationFrame(() => requestAnimationFrame(() => front.classList.add("is-front")));
    this.#at = at;
    this.#elapsed = 0;
    this.#prepared = null;
    this.#root.dataset.at = Number(this.#root.dataset.at ?? 0) + 1;
    this.#root.dataset.label = this.#front.start.label;
    // The next one is loaded once the old one has faded.
    setTimeout(() => this.#prepareNext(), 1000 * FADE_S);
  }

  async #prepareNext() {
    if (this.#isChanging) return;
    try {
      const at = await this.#reach(this.#at + 1);
      if (at !== null && at !== this.#at) this.#prepare(at);
    } catch {
      // It is tried again when its turn comes.
    }
  }

  get #eyes() {
    return this.#root.dataset.eyes ?? "one";
  }

  #makeControls() {
    const bar = make("div", { className: "viewer-controls slide-controls" });
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", text("slideshow"));
    this.#play = toggle("pause", text("play"), text("play"), (on) => this.#setPlaying(on));
    press(this.#play, true);
    const order = this.#choice("order", this.#root.dataset.order, {
      date: "byDate",
      best: "bestFirst",
      shuffle: "shuffled",
    });
    order.addEventListener("change", ({ target }) => {
      this.#root.dataset.order = target.value;
      this.#slides = [];
      this.#isComplete = false;
      this.#prepared = null;
      this.#at = -1;
      this.#go(1);
    });
    const eyes = this.#choice("eyes", this.#eyes, {
      one: "oneImage",
      two: "sideBySide",
      squeezed: "squeezed",
    });
    eyes.addEventListener("change", ({ target }) => {
      this.#root.dataset.eyes = target.value;
      this.#layout();
    });
    bar.append(
      button("previous", text("previous"), text("previous"), () => this.#go(-1)),
      this.#play,
      button("next", text("next"), text("next"), () => this.#go(1)),
      order,
      eyes,
    );
    if (document.fullscreenEnabled) {
      bar.append(
        button("fullscreen", text("fullscreenLabel"), text("fullscreen"), () => toggleFullscreen(this.#root)),
      );
    }
    bar.append(button("end", text("endShow"), text("endShow"), () => this.#end()));
    this.#root.append(bar);
  }

  #choice(name, value, options) {
    const label = make("label", { className: "slide-choice" });
    const select = make("select");
    select.append(...Object.entries(options).map(([key, word]) => new Option(text(word), key)));
    select.value = value;
    label.append(make("span", { textContent: text(name) }), select);
    return label;
  }

  #setPlaying(on) {
    this.#isPlaying = on;
    if (!this.#play) return;
    press(this.#play, on);
    setIcon(this.#play, on ? "pause" : "play");
  }

  #layout() {
    this.#front.layout(this.#eyes);
    this.#back.layout(this.#eyes);
    this.#front.glide(this.#elapsed / (this.#seconds + FADE_S));
  }

  #end() {
    if (document.fullscreenElement) document.exitFullscreen();
    location.assign(this.#root.dataset.back);
  }

  #listen() {
    addEventListener("resize", () => this.#layout());
    const isKiosk = this.#root.dataset.kiosk !== undefined;
    if (isKiosk) {
      // Browsers allow full screen only as an answer to a touch.
      this.#root.addEventListener("click", () => document.fullscreenElement || toggleFullscreen(this.#root));
    } else {
      this.#hideWhenIdle();
      document.addEventListener("keydown", (event) => this.#onKey(event));
    }
    // The screen stays on, where the browser allows it: over HTTPS, or on this machine.
    const wake = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => {});
    document.addEventListener("visibilitychange", wake);
    wake();
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || usesKey(event.target, event.key)) return;
    const act = {
      ArrowRight: () => this.#go(1),
      ArrowLeft: () => this.#go(-1),
      " ": () => this.#setPlaying(!this.#isPlaying),
      f: () => toggleFullscreen(this.#root),
      Escape: () => document.fullscreenElement || this.#end(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #hideWhenIdle() {
    let timer = 0;
    const wake = () => {
      this.#root.classList.remove("is-idle");
      clearTimeout(timer);
      timer = setTimeout(() => {
        const hasFocus = this.#root.querySelector(":focus-visible");
        if (!hasFocus) this.#root.classList.add("is-idle");
      }, IDLE_MS);
    };
    for (const kind of ["pointermove", "pointerdown", "keydown", "focusin"]) {
      document.addEventListener(kind, wake);
    }
    wake();
  }
}

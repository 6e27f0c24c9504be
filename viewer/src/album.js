// An album: a timeline of photos, and each photo with its scene, in one page without a server's help.
//
// The album's element names its parts: data-photos is the id of the script whose `photos` are rows of
// [id, width, height, time, name, focal length in pixels, whether it shows 360°, caption, whether it
// has a coarse level, version of its files], the newest first. In data-thumb, data-photo, data-scene,
// data-scene-script and data-coarse-script (of the coarse level), {id} stands for the id of a photo,
// and {version} for the version; data-downloads is a JSON list of [address, label]. data-texts is the id
// of an element with the German words by their English ones, as JSON. The address of a photo is the
// page's with # and its id.

import { walkByLinks } from "../../jobs/gallery/static/beside.js";
import { makeScrubber } from "../../jobs/gallery/static/scrubber.js";
import { makeWords, Timeline } from "../../jobs/gallery/static/timeline.js";
import { walkByKeys } from "../../jobs/gallery/static/walk.js";
import { make } from "./elements.js";
import { LANGUAGE } from "./texts.js";
import { Viewer } from "./viewer.js";

// As in pipeline/scan/name_rules.py: a title may have a point, too.
const PHOTO_SUFFIX =
  /\.(jpe?g|jpe|jfif|hei[cf]s?|hif|avif|jxl|png|webp|tiff?|mpo|dng|cr[23w]|n[er][fw]|arw|sr[2fw]|raf|orf|rw[2l]|pef|3fr|iiq|erf|kdc|dcr|mrw|x3f|mef|mos|gpr|insp)$/i;
const [ID, WIDTH, HEIGHT, TAKEN, NAME, FOCAL, IS_360, CAPTION, HAS_COARSE, VERSION] = Array(10).keys();

/** The album in `root`, which is empty. */
export class Album {
  #root;
  #texts;
  #photos;
  #places; // of a photo in the album, by its id
  #words;
  #grid = null;
  #gridPlace = null;
  #library = make("div", { className: "library" });
  #opened = null; // the element of the open photo
  #viewer = null;
  #at = -1; // of the open photo in the album
  #headsetAt = -1;

  constructor(root) {
    this.#root = root;
    document.documentElement.lang = LANGUAGE;
    const texts = JSON.parse(document.getElementById(root.dataset.texts).textContent);
    this.#texts = LANGUAGE === "en" ? {} : texts;
    this.#photos = document.getElementById(root.dataset.photos).photos ?? [];
    this.#places = new Map(this.#photos.map((photo, at) => [photo[ID], at]));
    this.#words = makeWords((...words) => this.#text(...words), LANGUAGE === "en" ? "en-GB" : LANGUAGE);
    root.append(this.#library);
    this.#makeLibrary();
    walkByLinks((rel) => document.querySelector(`.beside a[rel="${rel}"]`));
    addEventListener("hashchange", () => this.#follow());
    root.addEventListener("viewer-beside", ({ detail }) => this.#goBeside(detail));
    root.addEventListener("viewer-headset-end", () => {
      if (this.#headsetAt >= 0 && this.#headsetAt !== this.#at) this.#goTo(this.#headsetAt);
    });
    this.#follow();
  }

  #text(english, values = {}) {
    const found = this.#texts[english] ?? english;
    return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  #addressOf(kind, photo) {
    // Ids may be paths: their slashes stay.
    const id = photo[ID].split("/").map(encodeURIComponent).join("/");
    return this.#root.dataset[kind]?.replace("{id}", id).replace("{version}", photo[VERSION]);
  }

  #makeLibrary() {
    const text = (...words) => this.#text(...words);
    const count = this.#photos.length;
    const number = count.toLocaleString(this.#words.locale);
    const title = make("h1", {
      className: "count",
      textContent: text(count === 1 ? "{count} photo" : "{count} photos", { count: number }),
    });
    const bar = make("div", { className: "bar" });
    bar.append(title);
    const timeline = make("div", { className: "timeline" });
    const scrubber = make("nav", { className: "scrubber", hidden: true });
    scrubber.setAttribute("aria-label", text("Years"));
    this.#library.append(bar, timeline, scrubber);
    if (!count) {
      const nothing = make("p", { className: "empty", textContent: text("There are no photos here.") });
      timeline.append(nothing);
      return;
    }
    const months = new Map();
    for (const photo of this.#photos) {
      const month = monthOf(photo);
      if (!months.has(month)) months.set(month, []);
      months.get(month).push(photo);
    }
    const byId = (id) => this.#photos[this.#places.get(id)];
    this.#grid = new Timeline(
      timeline,
      [...months].map(([month, photos]) => [month, photos.length]),
      {
        ...this.#words,
        photosOf: async (month) => {
          const photos = months.get(month).map((photo) => [...photo.slice(0, FOCAL), 1]);
          return { photos, more: false };
        },
        pageOf: (id) => hashOf(id),
        thumbOf: (id) => this.#addressOf("thumb", byId(id)),
      },
    );
    walkByKeys(this.#grid);
    makeScrubber(this.#grid);
  }

  /** Show what the address names: a photo, or all of them. */
  #follow() {
    const id = decodeURIComponent(location.hash.slice(1));
    const at = this.#places.get(id) ?? -1;
    if (at === this.#at && at >= 0) return;
    const before = this.#at;
    if (before < 0 && at >= 0) this.#gridPlace = this.#grid?.place();
    this.#close();
    this.#at = at;
    this.#library.hidden = at >= 0;
    if (at >= 0) this.#open(this.#photos[at]);
    else this.#showLibrary(before);
  }

  async #showLibrary(from) {
    document.title = document.querySelector(".brand").textContent;
    if (from < 0 || !this.#grid) return;
    const photo = this.#photos[from];
    this.#grid.arrange();
    if (this.#gridPlace) this.#grid.goTo(this.#gridPlace);
    const link = await this.#grid.find(photo[ID], photo[TAKEN]);
    if (this.#at >= 0 || !link) return;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest", behavior: "instant" });
    this.#grid.ask();
  }

  #close() {
    this.#viewer?.destroy();
    this.#opened?.remove();
    document.querySelector(".beside")?.remove();
    this.#viewer = this.#opened = null;
    this.#headsetAt = -1;
  }

  #startOf(photo) {
    return {
      label: photo[NAME],
      width: photo[WIDTH],
      height: photo[HEIGHT],
      focal: photo[FOCAL],
      photo: this.#addressOf("photo", photo),
      ...(this.#root.dataset.scene && { scene: this.#addressOf("scene", photo) }),
      ...(this.#root.dataset.sceneScript && { sceneScript: this.#addressOf("sceneScript", photo) }),
      ...(photo[HAS_COARSE] && { coarseScript: this.#addressOf("coarseScript", photo) }),
      ...(photo[IS_360] && { is360: "" }),
    };
  }

  #open(photo) {
    scrollTo({ top: 0, behavior: "instant" });
    document.title = `${photo[NAME]} · ${document.querySelector(".brand").textContent}`;
    document.querySelector(".top").append(this.#makeLinks());
    const start = this.#startOf(photo);
    const viewer = make("section", { className: "viewer" });
    viewer.setAttribute("aria-label", this.#text("Scene"));
    Object.assign(viewer.dataset, { viewer: "", ...start });
    viewer.append(
      make("img", {
        className: "viewer-poster",
        src: start.photo,
        alt: photo[NAME],
        width: photo[WIDTH],
        height: photo[HEIGHT],
      }),
    );
    const show = make("div", { className: "show" });
    show.append(viewer);
    this.#opened = make("div", { className: "photo" });
    this.#opened.append(show, this.#makeAbout(photo));
    this.#root.append(this.#opened);
    this.#viewer = viewer.viewer = new Viewer(viewer);
    this.#root.focus({ preventScroll: true });
    for (const beside of [this.#photos[this.#at + 1], this.#photos[this.#at - 1]]) {
      if (beside) new Image().src = this.#addressOf("photo", beside);
    }
  }

  #makeLinks() {
    const nav = make("nav", { className: "beside" });
    nav.setAttribute("aria-label", this.#text("Neighbours"));
    const link = (rel, at, word, before, after) => {
      const photo = this.#photos[at];
      const element = photo ? make("a", { rel, href: hashOf(photo[ID]) }) : make("span", { className: "none" });
      element.append(before, make("span", { textContent: word }), after);
      // A step to the side replaces this photo in the history: one step back leads to all photos.
      element.addEventListener("click", (event) => {
        if (!photo || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.#goTo(at);
      });
      return element;
    };
    const up = make("a", { rel: "up", href: "#", textContent: this.#text("All") });
    nav.append(
      link("prev", this.#at - 1, this.#text("Newer"), "‹ ", ""),
      up,
      link("next", this.#at + 1, this.#text("Older"), "", " ›"),
    );
    return nav;
  }

  #makeAbout(photo) {
    const about = make("aside", { className: "about" });
    about.setAttribute("aria-label", this.#text("About this photo"));
    about.append(make("h1", { textContent: photo[NAME] }));
    const facts = make("dl", { className: "facts" });
    const add = (name, value) => {
      const fact = make("div");
      fact.append(make("dt", { textContent: name }), make("dd", { textContent: value }));
      facts.append(fact);
    };
    if (photo[TAKEN]) add(this.#text("Taken"), this.#words.dayOf(photo[TAKEN]));
    if (photo[CAPTION]) add(this.#text("Caption"), photo[CAPTION]);
    if (facts.children.length) about.append(facts);
    const downloads = JSON.parse(this.#root.dataset.downloads ?? "[]");
    if (downloads.length) {
      const list = make("ul", { className: "downloads" });
      for (const [address, label] of downloads) {
        const item = make("li");
        const href = address.replace("{id}", photo[ID]);
        const stem = photo[NAME].replace(PHOTO_SUFFIX, "");
        const download = stem + address.match(/\.\w+(?=$|\?)/)[0];
        item.append(make("a", { href, download, textContent: this.#text(label) }));
        list.append(item);
      }
      about.append(make("h2", { textContent: this.#text("Download") }), list);
    }
    return about;
  }

  #goTo(at) {
    const photo = this.#photos[at];
    if (!photo) return;
    history.replaceState(null, "", hashOf(photo[ID]));
    this.#follow();
  }

  async #goBeside(side) {
    if (!this.#viewer?.isInHeadset) {
      this.#goTo(this.#at + side);
      return;
    }
    const at = (this.#headsetAt < 0 ? this.#at : this.#headsetAt) + side;
    if (!this.#photos[at]) return;
    try {
      await this.#viewer.show(this.#startOf(this.#photos[at]));
      this.#headsetAt = at;
    } catch {
      // The scene that is shown stays.
    }
  }
}

function monthOf(photo) {
  return photo[TAKEN]?.slice(0, 7) ?? "undated";
}

function hashOf(id) {
  return `#${encodeURIComponent(id)}`;
}

// The map of the page "Places": coasts and clusters of photos, with zoom, and without a network.
// x and y are degrees of longitude and of negative latitude.

import { keepFocus } from "./focus.js";
import { numberText, photosText } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";
const NARROWEST = 0.05; // degrees across
const REACH = 22; // pixels around the middle of a cluster that a finger hits
const WAIT_MS = 150;
const ROOM = 70; // pixels at the left and the right of all photos: buttons are there

const map = document.querySelector(".map");
if (map) start();

function start() {
  const svg = map.querySelector("svg");
  const land = svg.appendChild(document.createElementNS(SVG, "path"));
  land.setAttribute("class", "land");
  const group = svg.appendChild(document.createElementNS(SVG, "g"));
  const aspect = () => svg.clientWidth / svg.clientHeight;
  const { south, west, north, east } = Object.fromEntries(
    Object.entries(map.dataset).map(([name, text]) => [name, Number(text)]),
  );
  const margin = Math.max(1.4, svg.clientWidth / (svg.clientWidth - 2 * ROOM));
  const across = Math.max(east - west, aspect() * (north - south), 2);
  const whole = fitted((west + east) / 2, -(south + north) / 2, margin * across);
  let view = whole;
  let timer = 0;
  let asked = 0;

  fetch("/viewer/land.txt").then(async (response) => {
    if (response.ok) land.setAttribute("d", await response.text());
  });

  function show(next) {
    view = next;
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.width / aspect()}`);
    for (const link of group.children) place(link);
    clearTimeout(timer);
    timer = setTimeout(load, WAIT_MS);
  }

  async function load() {
    const mine = ++asked;
    const seen = [-view.y - view.width / aspect(), view.x, -view.y, view.x + view.width];
    const limits = [90, 180, 90, 180];
    const query = new URLSearchParams(location.search);
    query.set("seen", seen.map((value, at) => Math.min(limits[at], Math.max(-limits[at], value)).toFixed(6)));
    const response = await fetch(`/api/map?${query}`).catch(() => null);
    if (!response?.ok || mine !== asked) return;
    const { clusters } = await response.json();
    const { x, y } = document.activeElement?.dataset ?? {};
    const links = clusters.reverse().map(linkOf);
    keepFocus(() => {
      group.replaceChildren(...links);
      for (const link of links) place(link);
    }, () => nearest(links, x, y));
  }

  /** Return the link of the cluster that is nearest to a point, in a list. */
  function nearest(links, x, y) {
    const distance = ({ dataset }) => Math.hypot(dataset.x - x, dataset.y - y);
    return [...links].sort((one, other) => distance(one) - distance(other)).slice(0, 1);
  }

  function linkOf([latitude, longitude, photos, name, address]) {
    const link = document.createElementNS(SVG, "a");
    link.setAttribute("href", address);
    const label = photosText(photos);
    link.setAttribute("aria-label", name ? `${name}, ${label}` : label);
    Object.assign(link.dataset, { x: longitude, y: -latitude, photos });
    link.append(make("circle"), make("circle"), make("text", name ?? ""), " ", make("text", numberText(photos)));
    link.firstChild.setAttribute("class", "reach");
    link.firstChild.setAttribute("r", REACH);
    link.children[2].setAttribute("class", "name");
    return link;
  }

  function make(tag, text = "") {
    const element = document.createElementNS(SVG, tag);
    element.textContent = text;
    return element;
  }

  // Sizes are in pixels of the screen, whatever the zoom.
  function place(link) {
    const pixel = view.width / svg.clientWidth;
    const { x, y, photos } = link.dataset;
    const radius = 9 + 4 * Math.log10(Number(photos));
    const [, circle, name, count] = link.children;
    link.setAttribute("transform", `translate(${x} ${y}) scale(${pixel})`);
    circle.setAttribute("r", radius);
    count.setAttribute("y", 4);
    name.setAttribute("y", radius + 13);
  }

  function fitted(x, y, width) {
    const across = Math.min(360, Math.max(NARROWEST, width));
    const down = across / aspect();
    const top = y - down / 2;
    return {
      x: Math.min(180 - across, Math.max(-180, x - across / 2)),
      y: down > 180 ? -down / 2 : Math.min(90 - down, Math.max(-90, top)),
      width: across,
    };
  }

  /** Zoom so that a point of the map stays where it is. */
  function zoom(factor, x = view.x + view.width / 2, y = view.y + view.width / aspect() / 2) {
    const width = Math.min(360, Math.max(NARROWEST, view.width / factor));
    const share = width / view.width;
    const left = x - (x - view.x) * share;
    const top = y - (y - view.y) * share;
    show(fitted(left + width / 2, top + width / aspect() / 2, width));
  }

  function pointAt({ clientX, clientY }) {
    const box = svg.getBoundingClientRect();
    const pixel = view.width / box.width;
    return [view.x + (clientX - box.left) * pixel, view.y + (clientY - box.top) * pixel];
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(1.0015 ** -event.deltaY, ...pointAt(event));
  }, { passive: false });

  const pointers = new Map();
  let moved = 0;
  svg.addEventListener("pointerdown", (event) => {
    if (pointers.size === 0) moved = 0;
    pointers.set(event.pointerId, event);
  });
  addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    pointers.set(event.pointerId, event);
    moved += Math.abs(event.clientX - last.clientX) + Math.abs(event.clientY - last.clientY);
    if (moved > 5) svg.setPointerCapture(event.pointerId);
    const pixel = view.width / svg.clientWidth;
    const [other] = [...pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
    if (other) {
      const before = Math.hypot(last.clientX - other.clientX, last.clientY - other.clientY);
      const after = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
      if (before > 0 && after > 0) zoom(after / before, ...pointAt(other));
      return;
    }
    const x = view.x - (event.clientX - last.clientX) * pixel + view.width / 2;
    const y = view.y - (event.clientY - last.clientY) * pixel + view.width / aspect() / 2;
    show(fitted(x, y, view.width));
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    addEventListener(kind, ({ pointerId }) => pointers.delete(pointerId));
  }
  // The end of a drag is no click on a cluster.
  svg.addEventListener("click", (event) => moved > 5 && event.preventDefault(), true);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("dblclick", (event) => zoom(2, ...pointAt(event)));
  map.querySelector(".map-buttons").addEventListener("click", ({ target }) => {
    const factor = Number(target.dataset.zoom);
    if (target.dataset.zoom) factor ? zoom(factor) : show(whole);
  });
  addEventListener("resize", () => show(view));
  show(whole);
}

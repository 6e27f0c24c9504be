// Icons as SVG line paths on a grid of 24.

const PATHS = {
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  up: "M5 15l7-7 7 7",
  down: "M5 9l7 7 7-7",
  closer: "M12 6v12M6 12h12",
  farther: "M6 12h12",
  home: "M12 3v4M12 17v4M3 12h4M17 12h4M12 9a3 3 0 100 6 3 3 0 000-6z",
  play: "M8 5l11 7-11 7z",
  pause: "M9 5v14M15 5v14",
  stereo: "M3 7h8v10H3zM13 7h8v10h-8z",
  compare: "M4 5h16v14H4zM12 3v18M4 16l4-4 4 4",
  depth: "M12 4l8 4-8 4-8-4zM4 12l8 4 8-4M4 16l8 4 8-4",
  moves: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  tilt: "M8 3h8v18H8zM3 9l-1 3 1 3M21 9l1 3-1 3",
  headset: "M3 8h18v9h-6l-2-3h-2l-2 3H3z",
  next: "M6 5l9 7-9 7zM18 5v14",
  previous: "M18 5l-9 7 9 7zM6 5v14",
  end: "M6 6l12 12M18 6L6 18",
  fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
};

/** Return an icon as an SVG element that screen readers ignore. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

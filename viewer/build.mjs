// Build the viewer files of the Python package into pipeline/viewer_bundle: viewer.js, viewer.css,
// the coasts of the world as land.txt, all licences, and the hashes of what it was built from. The
// build is reproducible: equal sources and lockfile give equal bytes. The result is in the repository,
// so that nobody needs Node to use it; a test compares the hashes.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";

import { build } from "esbuild";
import { feature } from "topojson-client";

const OUT = new URL("../pipeline/viewer_bundle/", import.meta.url);

const result = await build({
  entryPoints: { viewer: "src/main.js", "viewer-style": "src/viewer.css" },
  absWorkingDir: import.meta.dirname,
  outdir: OUT.pathname,
  bundle: true,
  format: "iife", // pages that are opened from a disk load no modules
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none", // the complete licences are in LICENSES.txt
  metafile: true,
  write: false,
});

const packages = new Set([
  "world-atlas",
  ...Object.keys(result.metafile.inputs)
    .map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1])
    .filter(Boolean),
]);
const licences = await Promise.all(
  [...packages].sort().map(async (name) => {
    const folder = new URL(`node_modules/${name}/`, import.meta.url);
    const { version, license } = JSON.parse(await readFile(new URL("package.json", folder)));
    const text = await readFile(new URL("LICENSE", folder), "utf8");
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  }),
);

// SVG path of the coasts. x is longitude, y is negative latitude, in degrees with one decimal.
const world = JSON.parse(
  await readFile(new URL("node_modules/world-atlas/land-110m.json", import.meta.url)),
);
const rings = feature(world, world.objects.land)
  .features.flatMap(({ geometry }) => geometry.coordinates)
  .flat();
const coasts = rings.flatMap(acrossDateLine).map((ring) => {
  const points = ring.map(([east, north]) => `${round(east)},${round(-north)}`);
  return `M${points.join(" ")}Z`;
});

// A ring that crosses the date line is drawn at both ends of the map, in one piece each.
function acrossDateLine(ring) {
  let turn = 0;
  const whole = ring.map(([east, north], index) => {
    const step = index ? east - ring[index - 1][0] : 0;
    if (Math.abs(step) > 180) turn -= 360 * Math.sign(step);
    return [east + turn, north];
  });
  if (turn || whole.every(([east], index) => east === ring[index][0])) return [ring];
  const side = whole.some(([east]) => east > 180) ? -360 : 360;
  return [whole, whole.map(([east, north]) => [east + side, north])];
}

function round(degrees) {
  return Math.round(degrees * 10) / 10;
}

// The files that the build was made from, as `sha256sum` lists them: the viewer's own, and those of
// the gallery's pages that it shares.
async function hashesOfSources() {
  const sources = (await readdir(new URL("src/", import.meta.url))).map((name) => `src/${name}`);
  const shared = Object.keys(result.metafile.inputs).filter((path) => path.startsWith("../"));
  const names = ["build.mjs", "package-lock.json", ...sources, ...shared].sort();
  const lines = names.map(async (name) => {
    const content = await readFile(new URL(name, import.meta.url));
    return `${createHash("sha256").update(content).digest("hex")}  ${name}\n`;
  });
  return (await Promise.all(lines)).join("");
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
for (const file of result.outputFiles) {
  const name = file.path.endsWith(".css") ? "viewer.css" : "viewer.js";
  await writeFile(new URL(name, OUT), file.contents);
}
await writeFile(new URL("land.txt", OUT), coasts.join(""));
await writeFile(new URL("LICENSES.txt", OUT), licences.join("\n"));
await writeFile(new URL("SOURCES.sha256", OUT), await hashesOfSources());

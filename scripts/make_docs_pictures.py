"""Pictures of README.md and docs/, made of the sample photos with the bundled model.

    python scripts/make_docs_pictures.py [--library DIR] [--to docs/pictures]

Makes a library of the sample photos, unless one is given, and of it a parallax clip, exports side
by side, and screenshots of the gallery, which need `chromium`. It takes some minutes on two cores.
Look at the pictures before you commit them.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench_support import option_parser
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
PHOTOS = ROOT / "pipeline" / "sample_photos"
CLIP_OF, EXPORTS_OF = "coffee.png", "el torcal rocks.jpg"
# Kinds of export and what is written below their pictures.
SHOWN = {
    "depth-color": "depth-color: depth in colours",
    "anaglyph": "anaglyph: for red-cyan glasses",
    "cross": "cross: cross your eyes until the two pictures meet",
}
CLIP_WIDTH, PANEL_HEIGHT, CAPTION_HEIGHT = 560, 300, 34
WINDOW = {"width": 1000, "height": 660}
LARGEST_BYTES = 1_000_000
_FLAGS = ("--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--hide-scrollbars")
_SECONDS_TO_DRAW = 8  # until the viewer has drawn a scene on a processor


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--library", type=Path, help="a library of the sample photos")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures", help="output folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        library = options.library or Path(work) / "library"
        if options.library is None:
            sharp_batch("ingest", PHOTOS, "--model", "small", "--inline", "--library", library)
        options.to.mkdir(parents=True, exist_ok=True)
        make_clip(library, options.to / "parallax.webp")
        make_exports(library, Path(work), options.to / "exports.webp")
        make_screenshots(library, options.to)
    for picture in sorted(options.to.glob("*.webp")):
        size = picture.stat().st_size
        print(f"{picture}: {size / 1000:.0f} kB")
        assert size < LARGEST_BYTES, f"{picture} is too large"


def sharp_batch(*arguments: str | Path) -> str:
    """Run a command; return what it prints."""
    command = [sys.executable, "-m", "jobs", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def find_scene(library: Path, name: str) -> Path:
    """Return the splat file of the photo of that name."""
    records = json.loads(sharp_batch("query", "--library", library, "--json"))
    return next(Path(one["splat_path"]) for one in records if Path(one["paths"][0]).name == name)


def make_clip(library: Path, to: Path) -> None:
    """Write a looping clip of a camera that moves around the photo's position."""
    scene = find_scene(library, CLIP_OF)
    sharp_batch("render", scene, "-o", to, "--width", str(CLIP_WIDTH), "--steps", "30")


def make_exports(library: Path, work: Path, to: Path) -> None:
    """Write exports of one photo side by side, with their names."""
    folder = work / "exports"
    kinds = [word for kind in SHOWN for word in ("--kind", kind)]
    chosen = ("--text", Path(EXPORTS_OF).stem, "--inline")
    sharp_batch("export", "--library", library, *chosen, *kinds, "--to", folder)
    manifest = (folder / "sharp-batch-manifest.jsonl").read_text().splitlines()
    files = {entry["kind"]: folder / entry["file"] for entry in map(json.loads, manifest)}
    panels = [with_caption(Image.open(files[kind]), text) for kind, text in SHOWN.items()]
    gap = 8
    width = sum(panel.width + gap for panel in panels) - gap
    sheet = Image.new("RGB", (width, PANEL_HEIGHT + CAPTION_HEIGHT), "white")
    left = 0
    for panel in panels:
        sheet.paste(panel, (left, 0))
        left += panel.width + gap
    sheet.save(to, quality=85, method=6)


def with_caption(picture: Image.Image, text: str) -> Image.Image:
    """Return a picture of the panels' height with a line of text below."""
    width = round(picture.width * PANEL_HEIGHT / picture.height)
    panel = Image.new("RGB", (width, PANEL_HEIGHT + CAPTION_HEIGHT), "white")
    panel.paste(picture.convert("RGB").resize((width, PANEL_HEIGHT)))
    font = ImageFont.load_default(17)
    ImageDraw.Draw(panel).text((4, PANEL_HEIGHT + 6), text, fill="#333", font=font)
    return panel


def make_screenshots(library: Path, to: Path) -> None:
    """Write pictures of the gallery's first page and of a scene in its viewer."""
    with serving(library) as address, page_of_browser() as page:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        save_screenshot(page, to / "gallery.webp", is_whole=True)
        page.get_by_role("link", name=Path(CLIP_OF).stem).first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000 * _SECONDS_TO_DRAW)
        save_screenshot(page, to / "scene.webp")


def save_screenshot(page: Page, to: Path, is_whole: bool = False) -> None:
    """Write what the window shows, or the whole page."""
    with tempfile.TemporaryDirectory() as work:
        page.screenshot(path=Path(work) / "page.png", full_page=is_whole)
        Image.open(Path(work) / "page.png").convert("RGB").save(to, quality=82, method=6)


@contextlib.contextmanager
def serving(library: Path) -> Iterator[str]:
    """Run the gallery; give its address."""
    options = ["--library", str(library), "--port", "0", "--read-only", "--json"]
    command = [sys.executable, "-m", "jobs", "gallery", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            lines = ""
            while not lines.rstrip().endswith("}"):
                line = server.stdout.readline()
                assert line, "the gallery has ended"
                lines += line
            yield json.loads(lines)["address"]
        finally:
            server.terminate()


@contextlib.contextmanager
def page_of_browser() -> Iterator[Page]:
    """Give a page of a browser that draws by the processor."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "screenshots need chromium"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            headless=False,  # the flag chooses the headless mode that draws
            args=list(_FLAGS),
            viewport=WINDOW,  # type: ignore[arg-type] # a dict of its two keys
            reduced_motion="reduce",
        )
        try:
            yield context.new_page()
        finally:
            context.close()


if __name__ == "__main__":
    main()

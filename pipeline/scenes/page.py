"""A scene as one HTML file: photo, viewer and splat, which opens from disk in any browser.

The viewer is built of its sources by scripts/build_viewer, and travels in the package.
"""

from __future__ import annotations

import base64
import hashlib
import html
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import BinaryIO

from schemas.errors import MissingToolError, RunError

VIEWER_FORMAT = "sog"  # what the viewer reads

_PAGE_STYLE = """
html, body { height: 100%; margin: 0; background: #000; }
body { font: 1rem/1.5 system-ui, sans-serif; }
.viewer { height: 100%; }
h1 { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; }
"""


@dataclass(frozen=True, slots=True)
class ViewerStart:
    """How a scene was taken, which is how its viewer begins."""

    title: str
    width: int  # of the upright photo, pixels
    height: int
    focal_px: float
    is_360: bool = False


def bundle_file(name: str) -> bytes:
    """Return a file of the viewer: viewer.js, viewer.css or LICENSES.txt.

    Raises MissingToolError where it is not built, which happens in a source checkout only.
    """
    try:
        return _bundle().joinpath(name).read_bytes()
    except OSError as error:
        raise _not_built() from error


def bundle_stamp() -> str:
    """Return a text that changes when the viewer is built again; "none" where it is not built."""
    try:
        return hashlib.sha256(bundle_file("viewer.js")).hexdigest()[:16]
    except MissingToolError:
        return "none"


def check_viewer() -> None:
    """Raise MissingToolError where the viewer is not built."""
    if not _bundle().joinpath("viewer.js").is_file():
        raise _not_built()


def _bundle() -> Traversable:
    return resources.files("pipeline").joinpath("viewer_bundle")


def _not_built() -> MissingToolError:
    return MissingToolError(
        "the scene viewer is not built", "Build it once: ./scripts/build_viewer"
    )


def write_scene_page(file: BinaryIO, view: ViewerStart, scene: bytes, poster: bytes) -> None:
    """Write the page of one scene to an open file. It needs no other file, and no network.

    `scene` is a file of VIEWER_FORMAT, `poster` a WebP of the photo, shown until the scene is.
    Raises RunError where the viewer is not built.
    """
    script, style = bundle_file("viewer.js").decode(), bundle_file("viewer.css").decode()
    style += _PAGE_STYLE
    if "</script" in script.lower():
        raise RunError("the viewer's script cannot be put into a page: it ends a script itself")
    # Nothing but these two may run or apply, and nothing may be fetched.
    policy = (
        f"default-src 'none'; script-src {_hash_of(script)}; style-src {_hash_of(style)}; "
        "img-src data: blob:; connect-src blob:; worker-src blob:"
    )
    title = html.escape(view.title)
    kind = " data-is360" if view.is_360 else ""
    licences = bundle_file("LICENSES.txt").decode().replace("--", "- -")
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<!--
{licences}-->
<style>{style}</style>
</head>
<body>
<main class="viewer" data-viewer data-scene-element="scene" data-label="{title}"
 data-width="{view.width}" data-height="{view.height}" data-focal="{view.focal_px:.3f}"{kind}>
<h1>{title}</h1>
<img class="viewer-poster" alt="{title}"
 src="data:image/webp;base64,{base64.b64encode(poster).decode()}">
</main>
<script id="scene" type="application/octet-stream">
"""
    file.write(page.encode())
    file.write(base64.b64encode(scene))
    file.write(f'\n</script>\n<script type="module">{script}</script>\n</body>\n</html>\n'.encode())


def _hash_of(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"

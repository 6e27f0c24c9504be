"""The page of an album: index.html and what it loads, made again when a run ends.

A photo is on the page when its thumbnail, its picture and its scene are in the folder; a file is
removed when the page shows it no longer. The page works without a server: all that it loads are
images and classic scripts, since browsers let a page from a disk load no modules and fetch nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.writer import CatalogWriter
from pipeline.exports.album import AlbumState, photos_script, read_album
from pipeline.exports.exported import Exported
from pipeline.exports.kinds.album import ALBUM, ALBUM_FOLDER, COARSE, PHOTO, SCENE, THUMBNAIL
from pipeline.exports.target import ExportTarget
from pipeline.scenes.page import bundle_file
from schemas.errors import PhotoError, RunError, UsageError
from schemas.export_settings import ExportSettings

INDEX = "index.html"
_PAGE_FOLDER = "page/"
_GENERATOR = "sharp-batch album"
_STATIC = resources.files("jobs").joinpath("gallery", "static")  # of the gallery's pages
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src blob:; worker-src blob:; base-uri 'none'; form-action 'none'"
)


class AlbumChange(NamedTuple):
    """What the end of a run did to the folder of an album."""

    removed: int = 0  # photos that filters no longer select
    has_removed: bool = False  # files
    problems: Sequence[str] = ()  # files that could be neither written nor removed


def is_album(settings: ExportSettings) -> bool:
    """Tell whether an album is among the kinds that are exported."""
    return ALBUM.name in settings.kinds


def check_album(target: ExportTarget) -> None:
    """Raise UsageError where the folder has a page of another kind."""
    path = target.absolute(INDEX)
    if path.exists() and _GENERATOR.encode() not in path.read_bytes()[:4096]:
        raise UsageError(
            f"{path} is not the page of an album, and an album needs this name for its own",
            "Name another folder with --to, or move that file away.",
        )


def write_album(
    connection: Connection,
    catalog: CatalogWriter,
    target: ExportTarget,
    filters: Filters,
    settings: ExportSettings,
) -> AlbumChange:
    """Write the page where it changes, and remove what is not of it.

    A file that cannot be written or removed, such as one in use, is left to the next run.
    """
    state = read_album(connection, target, filters, settings.name)
    problems: list[str] = []
    if state.photos or target.absolute(INDEX).exists():
        problems += _write_page(target, state)
    gone: list[Exported] = []
    for exported in state.leftover:
        try:
            _remove(target, exported)
        except OSError as error:
            path = target.absolute(exported.file)
            problems.append(f"{path} cannot be removed: {error.strerror or error}{_NEXT}")
        else:
            gone.append(exported)
    catalog.forget(exported.artifact(target) for exported in gone)
    return AlbumChange(state.removed, bool(gone), problems)


def _write_page(target: ExportTarget, state: AlbumState) -> list[str]:
    """Write the files of the page that change; return what went wrong with some of them."""
    parts = {
        **{name: bundle_file(name) for name in _BUNDLE},
        **{name: _STATIC.joinpath(name).read_bytes() for name in _STYLE},
        _PHOTOS: photos_script(state.photos),
    }
    addresses = {name: f"{_PAGE_FOLDER}{name}?{_version(data)}" for name, data in parts.items()}
    files = {
        **{f"{_PAGE_FOLDER}{name}": content for name, content in parts.items()},
        INDEX: _index(target.folder.name, addresses).encode(),  # last: it names the others
    }
    problems: list[str] = []
    for name, content in files.items():
        path = target.absolute(name)
        try:
            if not path.is_file() or path.read_bytes() != content:
                target.write(name, partial(_write, content))
        except OSError as error:
            problems.append(f"{path} cannot be read: {error.strerror or error}{_NEXT}")
        except (PhotoError, RunError) as error:
            problems.append(f"{error.message}{_NEXT}")
    return problems


def _version(content: bytes) -> str:
    """Return what is at the end of a file's address: browsers keep what has the same address."""
    return hashlib.sha256(content).hexdigest()[:12]


def _write(content: bytes, file: BinaryIO) -> None:
    file.write(content)


_NEXT = "; the next run tries again"
_PHOTOS = "photos.js"
_BUNDLE = ("viewer.js", "viewer.css", "LICENSES.txt")
_STYLE = ("gallery.css", "icon.svg")
_PART_NAMES = {
    "thumb": THUMBNAIL,
    "photo": PHOTO,
    "scene-script": SCENE,
    "coarse-script": COARSE,
}


def _remove(target: ExportTarget, exported: Exported) -> None:
    path = target.absolute(exported.file)
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not empty
        for folder in PurePosixPath(exported.file).parents:
            target.absolute(str(folder)).rmdir()


def _index(title: str, addresses: Mapping[str, str]) -> str:
    german = _STATIC.joinpath("de.json").read_text("utf-8")
    texts = json.dumps(json.loads(german), ensure_ascii=False).replace("<", "\\u003c")
    data = " ".join(
        f'data-{name}="{ALBUM_FOLDER}{{id}}{part.suffix}?{{version}}"'
        for name, part in _PART_NAMES.items()
    )
    title = html.escape(title)
    icon = addresses["icon.svg"]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="generator" content="{_GENERATOR}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<link rel="icon" href="{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{addresses["gallery.css"]}">
<link rel="stylesheet" href="{addresses["viewer.css"]}">
</head>
<body>
<header class="top"><a class="brand" href="#"><img src="{icon}" alt="" width="24"
 height="24"><span>{title}</span></a></header>
<main id="main" tabindex="-1" data-album data-texts="texts" data-photos="photos"
 {data}></main>
<noscript><p class="empty">This page needs JavaScript. Diese Seite braucht JavaScript.</p>
</noscript>
<script id="texts" type="application/json">{texts}</script>
<script id="photos" src="{addresses[_PHOTOS]}"></script>
<script src="{addresses["viewer.js"]}"></script>
</body>
</html>
"""

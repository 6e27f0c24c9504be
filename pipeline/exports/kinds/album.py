"""Kind `album`: a folder with a page of all photos, each with its scene, for a stick or a web host.

Here are the files of one photo: a thumbnail, the photo, its scene, and the coarse level of that,
which is shown while the scene is read. The page is made of them at the end of a run
(`jobs.runs.album_page`).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.exports.kind import BUDGET, PROVISIONAL, ExportKind, KindGroup
from pipeline.exports.kinds.page import scene_image, viewer_bytes
from pipeline.scenes.level_sizes import MOST_COARSE_BYTES, WORTH_LEVELS
from pipeline.scenes.page import VIEWER_FORMAT, check_viewer
from schemas.errors import PhotoError, SourceError, UsageError
from sharp_core.formats.registry import FORMATS
from sharp_core.models.entry import USUAL_GAUSSIANS

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

ALBUM_FOLDER = "photos/"
HAS_COARSE = "has_coarse"  # the fact of a scene's coarse level: whether there is one


def _write_thumbnail(file: BinaryIO, scene: ExportScene) -> None:
    from pipeline.decode.thumbnail import thumbnail

    stored = scene.thumbnail_bytes()
    file.write(thumbnail(scene.front.srgb8()) if stored is None else stored)


def _write_photo(file: BinaryIO, scene: ExportScene) -> Mapping[str, Any]:
    """Write the photo without its metadata; where it cannot be read, what the scene shows of it.

    Where only its file is out of reach, that is provisional.
    """
    from pipeline.decode.large_image import write_image

    buffer = io.BytesIO()
    try:
        write_image(scene.file, buffer, scene.settings.long_side)
    except PhotoError as error:
        file.write(scene_image(scene))
        again = {PROVISIONAL: True} if isinstance(error, SourceError) else {}
        return {"shows": "scene", **again}
    file.write(buffer.getvalue())
    return {"shows": "photo"}


def _write_scene(file: BinaryIO, scene: ExportScene) -> None:
    _write_script(file, viewer_bytes(scene))


def _write_coarse(file: BinaryIO, scene: ExportScene) -> Mapping[str, Any]:
    """Write the coarse level of a scene; of a small scene, which has none, an empty one.

    It is a quick one: a better one takes six times as long.
    """
    from pipeline.scenes.levels import coarse_level

    whole, content = scene.within_budget, b""
    if len(whole) >= WORTH_LEVELS:
        _, content = coarse_level(whole, scene.info, is_quick=True)
    _write_script(file, content)
    return {HAS_COARSE: bool(content)}


def _write_script(file: BinaryIO, content: bytes) -> None:
    """Write a scene as a script that gives it to its own element.

    A page that is opened from a disk may load scripts and images, and fetch no other files.
    """
    file.write(b'document.currentScript.scene="')
    file.write(base64.b64encode(content))
    file.write(b'";\n')


def _refuse(_file: BinaryIO, _scene: ExportScene) -> None:
    raise UsageError(
        "an album is a folder of many files, and not one",
        "Make it: sharp-batch export --kind album --to DIR",
    )


THUMBNAIL = ExportKind(
    "album-thumb",
    "thumbnail in an album",
    KindGroup.PAGES,
    ".thumb.webp",
    _write_thumbnail,
    usual_bytes=30_000,
    usual_seconds=0.1,
    folder=ALBUM_FOLDER,
)
PHOTO = ExportKind(
    "album-photo",
    "photo in an album",
    KindGroup.PAGES,
    ".webp",
    _write_photo,
    ("long_side",),
    usual_bytes=400_000,
    usual_seconds=1.5,
    folder=ALBUM_FOLDER,
)
SCENE = ExportKind(
    "album-scene",
    "scene in an album",
    KindGroup.PAGES,
    ".js",
    _write_scene,
    BUDGET,
    usual_bytes=round(4 / 3 * USUAL_GAUSSIANS * FORMATS.get(VIEWER_FORMAT).bytes_per_gaussian),
    usual_seconds=0.2,
    folder=ALBUM_FOLDER,
)
COARSE = ExportKind(
    "album-coarse",
    "coarse level of a scene in an album",
    KindGroup.PAGES,
    ".coarse.js",
    _write_coarse,
    BUDGET,
    usual_bytes=round(4 / 3 * MOST_COARSE_BYTES),
    usual_seconds=3.0,
    folder=ALBUM_FOLDER,
)
_PARTS = (THUMBNAIL, PHOTO, SCENE, COARSE)
ALBUM = ExportKind(
    "album",
    "a folder with a page of all photos and their scenes, for a web host or a USB stick",
    KindGroup.PAGES,
    "",
    _refuse,
    ("long_side", *BUDGET),
    check_viewer,
    usual_bytes=sum(part.usual_bytes for part in _PARTS),
    usual_seconds=sum(part.usual_seconds for part in _PARTS),
    parts=_PARTS,
)
ALBUM_PARTS = frozenset(part.name for part in _PARTS)
# Without them, the page cannot show a photo. Albums of earlier versions have no coarse levels.
NEEDED_PARTS = ALBUM_PARTS - {COARSE.name}

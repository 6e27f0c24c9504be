"""Files that are derived from a photo or a scene: their names in the cache, and how they are made.

The server asks `derive` for the name and looks into the cache. A worker process
(`jobs.gallery.file_worker`) asks it again and makes the file.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

from starlette.exceptions import HTTPException

from jobs.gallery.reader import LibraryReader, LibraryScene
from pipeline.catalog.query import find_photo
from pipeline.scenes.page import bundle_stamp
from schemas.export_settings import ExportSettings
from schemas.records import PhotoRecord, PhotoState
from sharp_core.formats.sog.levels import LEVELS_META


class DerivedKind(StrEnum):
    """What kind of file is asked for."""

    SPLAT = "splat"  # a scene in a splat format
    PAGE = "page"  # a scene as one HTML file
    EXPORT = "export"  # what `sharp-batch export` makes of a photo's scene
    COARSE = "coarse"  # the coarse level of a scene
    LEVELS = "levels"  # which files are its levels


class FileRequest(NamedTuple):
    """A derived file: of a scene, or for an export of a photo; its format or its export kind."""

    kind: DerivedKind
    of: str
    form: str = ""


class DerivedFile(NamedTuple):
    """A derived file; `stored` where the library holds it as it is."""

    name: str  # in the cache
    photo: str  # name of the photo's file, without its suffix
    suffix: str  # of the download; it begins with `photo`
    make: Callable[[BinaryIO], object]
    stored: Path | None = None

    @property
    def filename(self) -> str:
        """The name of the download."""
        return self.photo + self.suffix


def derive(reader: LibraryReader, asked: FileRequest) -> DerivedFile:
    """Return a derived file, not made yet. Raises HTTPException 404."""
    match asked.kind:
        case DerivedKind.SPLAT:
            return _splat(reader, reader.scene(asked.of), asked.form)
        case DerivedKind.PAGE:
            return _page(reader, reader.scene(asked.of))
        case DerivedKind.EXPORT:
            return _export(reader, asked.of, asked.form)
        case DerivedKind.COARSE:
            return _coarse(reader, reader.scene(asked.of))
        case DerivedKind.LEVELS:
            return _levels(reader, reader.scene(asked.of))


def just_made(reader: LibraryReader, file: DerivedFile) -> Path:
    """Return the path of a derived file that was just made. Raises HTTPException 503."""
    path = reader.cache.find(file.name)
    if path is None:
        raise HTTPException(
            503, "The file was removed from the cache at once: its disk may be full."
        )
    return path


def _splat(reader: LibraryReader, scene: LibraryScene, format_name: str) -> DerivedFile:
    from sharp_core.formats.registry import formats_written_here

    if format_name not in {scene.format, *(entry.name for entry in formats_written_here())}:
        raise HTTPException(404, f"Scenes cannot be sent as {format_name!r}.")

    stored = reader.stored(scene)

    def make(out: BinaryIO) -> None:
        from jobs.gallery.conversions import write_converted
        from pipeline.scenes.scene_info import info_of_stored

        write_converted(out, stored, format_name, info_of_stored(scene.file))

    return DerivedFile(
        f"{scene.sha256[:32]}.{format_name}",
        scene.name,
        f".{format_name}",
        make,
        stored if scene.format == format_name else None,
    )


def _page(reader: LibraryReader, scene: LibraryScene) -> DerivedFile:
    def make(out: BinaryIO) -> None:
        from pipeline.scenes.page import VIEWER_FORMAT, ViewerStart, write_scene_page

        file = scene.file
        view = ViewerStart(scene.name, file.width, file.height, file.focal_px, file.is_360)
        splat = derive(reader, FileRequest(DerivedKind.SPLAT, file.scene_id, VIEWER_FORMAT))
        path = splat.stored or reader.cache.get(splat.name, splat.make)
        poster = reader.image(file.photo.photo_id)
        write_scene_page(out, view, path.read_bytes(), poster.read_bytes())

    return DerivedFile(f"{scene.sha256[:32]}.{bundle_stamp()}.html", scene.name, ".html", make)


def _export(reader: LibraryReader, photo_id: str, kind_name: str) -> DerivedFile:
    from pipeline.exports.registry import KINDS

    if kind_name not in KINDS or KINDS.get(kind_name).parts:
        raise HTTPException(404, f"There is no export {kind_name!r}.")
    kind = KINDS.get(kind_name)
    record = _made(reader, photo_id)
    scene = reader.scene(str(record.scene_id))
    suffix = kind.suffix_for(ExportSettings((kind.name,)))

    def make(out: BinaryIO) -> None:
        from jobs.gallery.conversions import write_export

        write_export(out, kind, scene.file, record, reader.store)

    name = f"{scene.sha256[:32]}.{kind.name}{Path(suffix).suffix}"
    return DerivedFile(name, scene.name, suffix, make)


def _coarse(reader: LibraryReader, scene: LibraryScene) -> DerivedFile:
    def make(out: BinaryIO) -> None:
        from jobs.gallery.conversions import write_coarse
        from pipeline.scenes.scene_info import info_of_stored

        write_coarse(out, reader.stored(scene), info_of_stored(scene.file))

    return DerivedFile(f"{scene.sha256[:32]}.coarse.sog", scene.name, ".coarse.sog", make)


def _levels(reader: LibraryReader, scene: LibraryScene) -> DerivedFile:
    coarse = _coarse(reader, scene)

    def make(out: BinaryIO) -> None:
        from jobs.gallery.conversions import write_levels

        path = reader.cache.get(coarse.name, coarse.make)
        address = f"/scenes/{scene.file.scene_id}"
        files = {f"{address}.sog": reader.stored(scene), f"{address}/coarse.sog": path}
        write_levels(out, files)

    return DerivedFile(f"{scene.sha256[:32]}.{LEVELS_META}", scene.name, f".{LEVELS_META}", make)


def _made(reader: LibraryReader, photo_id: str) -> PhotoRecord:
    """Return the record of a photo that has a scene. Raises HTTPException 404."""
    with reader.catalog() as connection:
        record = find_photo(connection, photo_id)
    if (
        record is None
        or record.scene_id is None
        or record.splat_path is None
        or record.state != PhotoState.DONE
    ):
        raise HTTPException(404, "The library has no scene of this photo.")
    return record

"""`LibraryReader`: the gallery's access to catalog and files, with a cache of derived files."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request

from jobs.gallery.cache import FileCache
from jobs.gallery.send_file import GONE, inside
from pipeline.catalog.portable_sql import register_functions
from pipeline.catalog.query import find_photo, paths_of
from pipeline.catalog.scenes import scene_files
from pipeline.catalog.text import path_bytes
from pipeline.library import Library
from schemas.export_settings import ExportSettings
from schemas.records import MediaType, PhotoFile, PhotoState, SceneFile
from schemas.tables import photo_paths, photos, scenes

CACHE_BYTES = 4_000_000_000
HEAVY_AT_ONCE = 2  # conversions and large images: each takes up to a gigabyte of memory


class LibraryScene(NamedTuple):
    """A stored scene, and what its file contains."""

    file: SceneFile
    format: str
    sha256: str
    name: str  # of the photo's file, without its suffix


class LibraryReader:
    """Read access to one library. Connections are short, and a run may write at the same time."""

    def __init__(self, library: Library, cache: Path) -> None:
        """Open the catalog. Raises UsageError, StoreError."""
        root = library.root
        self.name = root.absolute().name if isinstance(root, Path) else root.name
        self._root = root
        self._store = library.store
        self.cache = FileCache(cache, CACHE_BYTES)
        self._heavy = threading.Semaphore(HEAVY_AT_ONCE)
        self._library = library
        self._engine: Engine = library.open_database()

    @contextlib.contextmanager
    def catalog(self) -> Iterator[Connection]:
        """Yield a connection to the catalog. Raises StoreError if the catalog is damaged."""
        with self._library.known_errors(), self._engine.connect() as connection:
            register_functions(connection)
            yield connection

    def close(self) -> None:
        """Close the connections to the catalog."""
        self._engine.dispose()

    def scene(self, scene_id: str) -> LibraryScene:
        """Return a stored scene by its full id. Raises HTTPException 404."""
        with self.catalog() as connection:
            row = _one(connection, sa.select(scenes).where(scenes.c.scene_id == scene_id))
            (file,) = scene_files(connection, [scene_id])
            paths = paths_of(connection, [row.photo_id]).get(row.photo_id, [])
        name = Path(paths[0]).stem if paths else row.photo_id[:8]
        return LibraryScene(file, row.format, row.splat_sha256, name)

    def scene_as(self, scene: LibraryScene, format_name: str) -> Path:
        """Return the path of a scene in a format, converted once if needed. Raises PhotoError."""
        if scene.format == format_name:
            return self._stored(scene)
        # Imported here: torch takes seconds to import, and most pages do not need it.
        from jobs.gallery.conversions import write_converted
        from pipeline.scenes.scene_info import info_of_stored

        info = info_of_stored(scene.file)
        return self._made(
            f"{scene.sha256[:32]}.{format_name}",
            lambda out: write_converted(out, self._stored(scene), format_name, info),
        )

    def export(self, photo_id: str, kind_name: str) -> tuple[Path, str]:
        """Return the path of an export, created once, and its file name for the download.

        Raises HTTPException 404, PhotoError, RunError.
        """
        from jobs.gallery.conversions import write_export
        from pipeline.exports.registry import KINDS

        if kind_name not in KINDS:
            raise HTTPException(404, f"There is no export {kind_name!r}.")
        kind = KINDS.get(kind_name)
        with self.catalog() as connection:
            record = find_photo(connection, photo_id)
            if (
                record is None
                or record.scene_id is None
                or record.splat_path is None
                or record.state != PhotoState.DONE
            ):
                raise HTTPException(404, "The library has no scene of this photo.")
        stored = self.scene(record.scene_id)
        suffix = kind.suffix_for(ExportSettings((kind.name,)))
        path = self._made(
            f"{stored.sha256[:32]}.{kind.name}{Path(suffix).suffix}",
            lambda out: write_export(out, kind, stored.file, record, self._store),
        )
        return path, stored.name + suffix

    def thumb(self, photo_id: str) -> Path:
        """Return a photo's thumbnail. Raises HTTPException 404."""
        with self.catalog() as connection:
            row = _one(
                connection, sa.select(photos.c.thumb_path).where(photos.c.photo_id == photo_id)
            )
        if row.thumb_path is None:
            raise HTTPException(404, "There is no thumbnail of this photo.")
        return self.file(row.thumb_path, f"thumb-{photo_id}.webp")

    def image(self, photo_id: str) -> Path:
        """Return a photo as a large image, or its thumbnail if the photo's file is missing."""
        from jobs.gallery.conversions import write_image
        from schemas.errors import PhotoError

        for photo in self._files_of(photo_id):
            with contextlib.suppress(PhotoError):
                return self._made(f"{photo_id}.webp", partial(write_image, photo))
        return self.thumb(photo_id)

    def file(self, relative: str, cached_as: str) -> Path:
        """Return the path of a file of the library. Objects of a store are downloaded once.

        Raises HTTPException 404, PhotoError, RunError.
        """
        if isinstance(self._root, Path):
            return inside(self._root, relative)
        if ".." in PurePosixPath(relative).parts:
            raise HTTPException(404, GONE)

        def fetch(out: BinaryIO) -> None:
            try:
                out.write(self._store.read_bytes(relative))
            except FileNotFoundError as error:
                raise HTTPException(404, GONE) from error

        return self.cache.get(cached_as, fetch)

    def _stored(self, scene: LibraryScene) -> Path:
        return self.file(scene.file.splat_path, f"{scene.sha256[:32]}.{scene.format}")

    def _made(self, name: str, make: Callable[[BinaryIO], object]) -> Path:
        """Return a file of the cache. Creating one may wait for others; reading never waits."""

        def make_in_turn(out: BinaryIO) -> None:
            with self._heavy:
                make(out)

        return self.cache.get(name, make_in_turn)

    def _files_of(self, photo_id: str) -> list[PhotoFile]:
        columns = (photos.c.media_type, photo_paths.c.path, photo_paths.c.bytes)
        statement = sa.select(*columns, photo_paths.c.mtime_ns).join(photo_paths)
        statement = statement.where(
            photos.c.photo_id == photo_id, photo_paths.c.missing_at.is_(None)
        )
        with self.catalog() as connection:
            rows = connection.execute(statement).all()
        return [
            PhotoFile(
                photo_id,
                path_bytes(row.path).decode("utf-8", "surrogateescape"),
                row.bytes,
                row.mtime_ns,
                MediaType(row.media_type),
            )
            for row in rows
        ]


def library_reader(request: Request) -> LibraryReader:
    """Return the reader of the app that a request came to."""
    reader: LibraryReader = request.app.state.reader
    return reader


def _one(connection: Connection, statement: sa.Select[Any]) -> sa.Row[Any]:
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise HTTPException(404, "The library has no such photo or scene.")
    return row

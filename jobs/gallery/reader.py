"""`LibraryReader`: the gallery's access to catalog and files, with a cache of derived files."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request

from jobs.gallery.cache import FileCache
from jobs.gallery.send_file import GONE, inside
from pipeline.catalog.database import begin_consistent_read
from pipeline.catalog.photo_files import files_of
from pipeline.catalog.portable_sql import register_functions
from pipeline.catalog.query import paths_of
from pipeline.catalog.scenes import scene_files
from pipeline.catalog.user_marks import set_favorite
from pipeline.library import Library
from pipeline.scan.read_file import is_in_place
from pipeline.store.root import parse_root
from schemas.path_text import path_text
from schemas.records import PhotoFile, SceneFile
from schemas.tables import photos, scenes

CACHE_BYTES = 4_000_000_000
_MOST_ANSWERS = 60
_LOCKS = 16
_TICK_NS = 2_000_000_000  # the longest tick of a file's time: FAT
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class LibraryScene(NamedTuple):
    """A stored scene, and what its file contains."""

    file: SceneFile
    format: str
    sha256: str
    name: str  # of the photo's file, without its suffix
    gaussians: int


class LibraryReader:
    """Read access to one library. Connections are short, and a run may write at the same time."""

    def __init__(self, library: Library, cache: Path) -> None:
        """Open the catalog. Raises UsageError, StoreError."""
        root = library.root
        # As the catalog holds paths: pages show it, and its bytes may be no UTF-8.
        self.name = path_text(root.absolute().name) if isinstance(root, Path) else root.name
        self._root = root
        self.store = library.store
        self.cache = FileCache(cache, CACHE_BYTES)
        self._library = library
        self.place = (str(library), library.catalog_address.given, str(cache.absolute()))
        self._answers: OrderedDict[tuple[object, ...], tuple[tuple[object, object], object]] = (
            OrderedDict()
        )
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._engine: Engine = library.open_database()

    @property
    def folder(self) -> Path | None:
        """The library's folder; None for one in an object store."""
        return self._root if isinstance(self._root, Path) else None

    @contextlib.contextmanager
    def catalog(self) -> Iterator[Connection]:
        """Yield a connection to one state of the catalog: lists and their numbers agree.

        Raises StoreError if the catalog is damaged.
        """
        with self._library.known_errors(), self._engine.connect() as connection:
            register_functions(connection)
            begin_consistent_read(connection)
            yield connection

    def remembered(
        self,
        key: tuple[object, ...],
        asked: _Asked,
        read: Callable[[Connection, _Asked], _Answer],
        content: object = None,
    ) -> _Answer:
        """Return what `read` reads, from memory if the catalog has not changed since.

        For sums over the whole catalog, which people ask for again and again. An answer for the
        same `content` will do as well: it changes less often than the catalog.
        """
        # Many pages ask at once for what has changed: it is read for one of them.
        with self._locks[hash(key) % len(self._locks)]:
            stamps = (self.stamp(), content)
            known = self._answers.get(key)
            if known is not None and any(
                now is not None and now == then for now, then in zip(stamps, known[0], strict=True)
            ):
                with contextlib.suppress(KeyError):  # dropped for a newer one
                    self._answers.move_to_end(key)
                return cast("_Answer", known[1])
            with self.catalog() as connection:
                answer = read(connection, asked)
            self._answers[key] = (stamps, answer)
        if len(self._answers) > _MOST_ANSWERS:
            with contextlib.suppress(KeyError):
                self._answers.popitem(last=False)
        return answer

    def stamp(self) -> tuple[int, ...] | None:
        """Return what changes with every write to the catalog; None where nothing does.

        A catalog in PostgreSQL does not tell of changes. Of one that was written just now, the next
        write may come in the same tick of its file's time.
        """
        address = self._library.catalog_address
        if address.url is not None:
            return None
        found: list[int] = []
        settled_ns = time.time_ns() - _TICK_NS
        for path in (address.file, address.file.with_name(f"{address.file.name}-wal")):
            with contextlib.suppress(OSError):
                stat = path.stat()
                if stat.st_mtime_ns > settled_ns:
                    return None
                found += [stat.st_mtime_ns, stat.st_size]
        return tuple(found)

    @contextlib.contextmanager
    def note(self) -> Iterator[Connection]:
        """Open one short transaction for what a person says. Raises StoreError, RunError."""
        with self._library.note() as connection:
            yield connection

    def set_favorite(self, photo_ids: list[str], favorite: bool) -> int:
        """Record favorites; returns how many of the photos there are. Raises StoreError."""
        with self.note() as connection:
            return set_favorite(connection, photo_ids, favorite)

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
        return LibraryScene(file, row.format, row.splat_sha256, name, row.gaussians)

    def thumb(self, photo_id: str) -> Path:
        """Return a photo's thumbnail. Raises HTTPException 404."""
        with self.catalog() as connection:
            row = _one(
                connection, sa.select(photos.c.thumb_path).where(photos.c.photo_id == photo_id)
            )
        if row.thumb_path is None:
            raise HTTPException(404, "There is no thumbnail of this photo.")
        return self.file(row.thumb_path, f"thumb-{photo_id}.webp")

    def image(self, photo_id: str, is_full: bool = False) -> Path:
        """Return a photo as a large image, or its thumbnail if the photo's file is missing.

        A full one has all that the largest screens can show of it.
        """
        from pipeline.decode.large_image import FULL_IMAGE_SIDE, IMAGE_SIDE, write_image
        from schemas.errors import PhotoError

        side = FULL_IMAGE_SIDE if is_full else IMAGE_SIDE
        name = f"{photo_id}{'-full' if is_full else ''}.webp"

        for photo in self._files_of(photo_id):
            with contextlib.suppress(PhotoError):
                return self.cache.get(name, partial(write_image, photo, side=side))
        return self.thumb(photo_id)

    def original(self, photo_id: str) -> Path:
        """Return the path of a photo's own file, as it was when its scene was made.

        Raises HTTPException 404 where none is left, or all have changed since.
        """
        photo = next(filter(is_in_place, self._files_of(photo_id)), None)
        if photo is not None:
            return Path(photo.path)
        raise HTTPException(
            404, "The file of this photo is gone, or has changed since it was read."
        )

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
                out.write(self.store.read_bytes(relative))
            except FileNotFoundError as error:
                raise HTTPException(404, GONE) from error

        return self.cache.get(cached_as, fetch)

    def stored(self, scene: LibraryScene) -> Path:
        """Return the path of a scene's file in its own format. Raises HTTPException 404."""
        return self.file(scene.file.splat_path, f"{scene.sha256[:32]}.{scene.format}")

    def _files_of(self, photo_id: str) -> list[PhotoFile]:
        with self.catalog() as connection:
            return files_of(connection, photo_id)


def open_reader(library: str, catalog: str | None, cache: Path) -> LibraryReader:
    """Return a reader as another process describes it by `place`. Raises UsageError, StoreError."""
    return LibraryReader(Library.resolve(parse_root(library), catalog), cache)


def library_reader(request: Request) -> LibraryReader:
    """Return the reader of the app that a request came to."""
    reader: LibraryReader = request.app.state.reader
    return reader


def _one(connection: Connection, statement: sa.Select[Any]) -> sa.Row[Any]:
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise HTTPException(404, "The library has no such photo or scene.")
    return row

"""A library as other programs read it: its photos and its scenes, beside a run that writes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.engine import Connection, Engine

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find, find_photo
from pipeline.catalog.scenes import scene_files
from pipeline.exports.one_file import export_file
from pipeline.library import Library
from pipeline.scenes.read import read_stored
from pipeline.scenes.scene_info import info_of_stored
from pipeline.store.root import DEFAULT_LIBRARY, LibraryRoot, parse_root
from pipeline.store.store import Store
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from schemas.records import PhotoRecord, SceneFile
from sharp_core.formats.scene import SceneInfo, StoredScene

_EVERY_PHOTO = Filters()
_SCENES_AT_ONCE = 500  # whose files are looked up by one statement


def open_library(
    root: str | LibraryRoot = DEFAULT_LIBRARY, catalog_url: str | None = None
) -> OpenLibrary:
    """Open the library in a folder, or at an address such as s3://bucket/photos, for reading.

    `catalog_url` overrides the address of the catalog that the library remembers. Raises UsageError
    where there is no library, StoreError where its catalog is damaged, too old or too new.
    """
    return OpenLibrary(
        Library.resolve(parse_root(root) if isinstance(root, str) else root, catalog_url)
    )


@dataclass(frozen=True, slots=True)
class LibraryScene:
    """The best scene of one photo. Nothing of its file is read until it is asked for."""

    record: PhotoRecord  # the photo, and what is known of the scene
    file: SceneFile
    _store: Store

    @property
    def info(self) -> SceneInfo:
        """Size and focal length of the photo's view, in pixels, and its id."""
        return info_of_stored(self.file)

    @property
    def address(self) -> str:
        """The whole path of the splat file, or its address in an object store."""
        return self._store.address(self.file.splat_path)

    def read(self) -> StoredScene:
        """Read the Gaussians. Raises PhotoError where the file is missing or damaged."""
        return read_stored(self._store, self.file.splat_path)

    def read_bytes(self) -> bytes:
        """Return the splat file as it is stored. Raises OSError."""
        return self._store.read_bytes(self.file.splat_path)

    def export(self, kind: str, to: str | Path, settings: ExportSettings | None = None) -> Path:
        """Write one export of the scene to the file `to`, whole or not at all; return its path.

        `kind` is a name of KINDS, such as 'spatial-heic' or 'html'; the kinds in `settings` do not
        count. Raises UsageError for an unknown kind, one that cannot work here, or a folder that is
        not there; PhotoError where the scene cannot be read or shown.
        """
        return export_file(
            self._store, self.file, self.record, kind, Path(to), settings or ExportSettings((kind,))
        )


class OpenLibrary:
    """A library that is open for reading, until the end of its context.

    Each call reads the catalog as it is then. A run may write to the library meanwhile.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._engine: Engine | None = library.open_database()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"OpenLibrary({str(self._library)!r})"

    def close(self) -> None:
        """Close the catalog. The scenes that were given out can still be read."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def photos(self, filters: Filters = _EVERY_PHOTO) -> Iterator[PhotoRecord]:
        """Yield the photos that `filters` select, by capture time unless they say otherwise.

        They are selected at once, when the first is asked for. Raises UsageError where `where` or
        `order` do not fit the record; StoreError.
        """
        with self._reading() as connection:
            yield from find(connection, filters)

    def photo(self, photo_id: str) -> PhotoRecord | None:
        """Return the record of one photo, if the library has it."""
        with self._reading() as connection:
            return find_photo(connection, photo_id)

    def scenes(self, filters: Filters = _EVERY_PHOTO) -> Iterator[LibraryScene]:
        """Yield the best scenes of the photos that `filters` select, in the order of `photos`.

        Photos without a scene are left out. Raises as `photos` does.
        """
        with self._reading() as connection:
            # A photo may name a scene that has no row: a damage that `verify` repairs.
            found = (one for one in find(connection, filters) if one.splat_path is not None)
            while records := list(islice(found, _SCENES_AT_ONCE)):
                files = scene_files(connection, [one.scene_id or "" for one in records])
                for record, file in zip(records, files, strict=True):
                    yield LibraryScene(record, file, self._library.store)

    def scene(self, photo_id: str) -> LibraryScene | None:
        """Return the best scene of one photo, if it has one."""
        with self._reading() as connection:
            record = find_photo(connection, photo_id)
            if record is None or record.scene_id is None or record.splat_path is None:
                return None
            (file,) = scene_files(connection, [record.scene_id])
            return LibraryScene(record, file, self._library.store)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._engine is None:
            raise UsageError(f"the library {self._library} is closed", "Open it again.")
        with self._library.known_errors(), self._engine.connect() as connection:
            yield connection

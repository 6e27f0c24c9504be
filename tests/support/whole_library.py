"""What must be true of a library at any moment, and what it holds."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

import sqlalchemy as sa

from pipeline.library import Library
from pipeline.store.layout import TEMPORARY_PREFIX
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store
from schemas.tables import photos, scenes
from sharp_core.formats.registry import read_scene


def check_whole(library: LibraryRoot) -> None:
    """Assert that every row has its whole file, every file its row, and nothing is half-written."""
    store = Store(library)
    with Library.resolve(library).read() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        rows = connection.execute(sa.select(scenes)).all()
        states = connection.execute(sa.select(photos.c.scene_id, photos.c.state)).all()
        thumbs = set(connection.scalars(sa.select(photos.c.thumb_path)))
    for row in rows:
        data = store.read_bytes(row.splat_path)
        assert len(data) == row.splat_bytes
        assert hashlib.sha256(data).hexdigest() == row.splat_sha256
        with store.open_local(row.splat_path) as path:
            assert len(read_scene(path).gaussians) == row.gaussians
    assert {row.splat_path for row in rows} == set(files(library, "scenes"))
    assert thumbs - {None} <= set(files(library, "thumbs"))
    assert {row.scene_id for row in states if row.state == "done"} <= {row.scene_id for row in rows}


def contents(library: LibraryRoot) -> dict[str, tuple[str, str]]:
    """Return each scene's photo and checksum: what two equal libraries have in common."""
    with Library.resolve(library).read() as connection:
        rows = connection.execute(sa.select(scenes)).all()
    return {row.scene_id: (row.photo_id, row.splat_sha256) for row in rows}


def files(library: LibraryRoot, folder: str) -> list[str]:
    """Return the files in a folder of the library; none may be half-written."""
    found = [file.path for file in Store(library).files(folder)]
    assert not [path for path in found if PurePosixPath(path).name.startswith(TEMPORARY_PREFIX)]
    return found

"""Writes tests/data/catalogs/version-N.sql: a small catalog of today's version, for ever.

    python -m tests.support.freeze_catalog

A version that was released is never written again.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.collection_rows import RecordedCollection
from pipeline.catalog.quality import record_photo_flags, record_scene_flags
from pipeline.catalog.shares import add_share
from pipeline.catalog.user_marks import set_favorite
from pipeline.context.merge import merge
from pipeline.store.layout import CATALOG_FILE
from schemas.context import (
    BY_POSITION,
    ContextFacts,
    ContextSource,
    ContextUpdate,
    PlaceNames,
    Said,
)
from schemas.outcomes import Made, Skipped
from schemas.quality import QualityFlag
from schemas.reasons import SkipReason
from schemas.search_tables import SEARCH_INDEX
from schemas.tables import CATALOG_VERSION, context_files, user_focals, utc_now
from schemas.user_focals import UserFocalSource
from tests.support.library_of_records import (
    RUN,
    clip,
    done,
    failed,
    meta,
    new_catalog,
    photo_file,
)
from tests.support.paths import DATA

CATALOGS = DATA / "catalogs"


def fill(root: Path) -> None:
    """Make a catalog with a photo in every state, a copy, two scenes of one photo, and a clip.

    One photo has a sidecar, and a focal length that a person has set; one has stars, names, a
    place and flags.
    """
    names = ("done.jpg", "failed.jpg", "due.jpg", "wide.jpg")
    finished, broken, due, wide = (photo_file(name) for name in names)
    with new_catalog(root) as catalog:
        catalog.add_found([(file, None) for file in (finished, broken, due, wide)])
        catalog.add_found([(photo_file(".copy.jpg", "done.jpg"), SkipReason.HIDDEN)])
        for model in ("prior", "sharp"):
            catalog.record(done(finished, model=model), RUN)
        catalog.record(Made(finished, (clip(done(finished, model="sharp").scene),), 0.5), RUN)
        catalog.record(failed(broken), RUN)
        catalog.record(Skipped(wide, SkipReason.TOO_WIDE, "wide", meta(), 9000, 1000), RUN)
        connection = catalog.connection
        with connection.begin():
            connection.execute(
                user_focals.insert().values(
                    photo_id=due.photo_id,
                    source=UserFocalSource.FLAG,
                    focal_35mm=50.0,
                    set_at=utc_now(),
                )
            )
            connection.execute(
                context_files.insert().values(
                    photo_id=finished.photo_id,
                    path="/photos/done.xmp",
                    kind="xmp",
                    bytes=300,
                    mtime_ns=7,
                )
            )
            set_favorite(connection, [finished.photo_id], True)
            add_share(connection, [finished.photo_id], "A title", downloads=True, expires_at=None)
            record_photo_flags(connection, {finished.photo_id: [QualityFlag.DARK]})
            scene = done(finished, model="sharp").scene
            record_scene_flags(connection, {scene.scene_id: [QualityFlag.FLAT]})
        catalog.record_contexts([context_of(finished.photo_id)])
        catalog.record_collection(
            "/photos/my.lrcat", ContextSource.LIGHTROOM, RecordedCollection(1000, 7)
        )
        catalog.end_run(RUN, "finished", due=4, done=1, failed=1, seconds=2.5)


def context_of(photo_id: str) -> ContextUpdate:
    """Return what a Lightroom catalog says of a photo."""
    facts = ContextFacts(
        source=ContextSource.LIGHTROOM,
        rating=4,
        title="A title",
        label="Red",
        keywords=("Places/Norway", "sea"),
        people=("Ada",),
        albums=("Italy",),
    )
    said = (Said("/photos/my.lrcat", facts),)
    places = PlaceNames(city="Bergen", country="Norway")
    return ContextUpdate(photo_id, said, merge([facts]), places, BY_POSITION)


def thaw(root: Path, version: int, url: str | None = None) -> None:
    """Make the frozen catalog of `version` that of the library at `root`, or the one at `url`."""
    file = root / CATALOG_FILE
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript((CATALOGS / f"version-{version}.sql").read_text())
    if url is None:
        return
    old, new = (
        sa.create_engine(address, poolclass=sa.pool.NullPool)
        for address in (f"sqlite:///{file}", url)
    )
    with old.connect() as source, new.begin() as target:
        _copy(source, target)
    file.unlink()


def _copy(source: Connection, target: Connection) -> None:
    """Make the tables and rows of a SQLite catalog in PostgreSQL, with that database's types."""
    tables = sa.MetaData()
    tables.reflect(source, only=lambda name, _: not name.startswith(SEARCH_INDEX))
    for table in tables.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, sa.TEXT):  # DATETIME_TEXT, as reflection reads it
                column.type = sa.DateTime()
            elif isinstance(column.type, sa.VARCHAR):
                column.type = sa.String(column.type.length)
    tables.create_all(target)
    for table in tables.sorted_tables:
        rows = [dict(row) for row in source.execute(sa.select(table)).mappings()]
        if rows:
            target.execute(table.insert(), rows)
    # A counter continues after the rows that were copied with their numbers.
    counter = "pg_get_serial_sequence('failures', 'failure_id')"
    target.execute(sa.text(f"SELECT setval({counter}, max(failure_id)) FROM failures"))


def _dump(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the statements of a catalog; the search index is made again of the texts."""
    own = re.compile(
        rf"(CREATE TABLE|INSERT INTO) ['\"]?{SEARCH_INDEX}|INSERT INTO sqlite_master|PRAGMA|COMMIT"
    )
    yield from (statement for statement in connection.iterdump() if not own.match(statement))
    made_by = "SELECT sql FROM sqlite_master WHERE name = ?"
    yield f"{connection.execute(made_by, (SEARCH_INDEX,)).fetchone()[0]};"
    yield f"INSERT INTO {SEARCH_INDEX} ({SEARCH_INDEX}) VALUES ('rebuild');"
    yield "COMMIT;"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        with contextlib.closing(sqlite3.connect(Path(folder) / CATALOG_FILE)) as connection:
            lines = "\n".join(_dump(connection))
    (CATALOGS / f"version-{CATALOG_VERSION}.sql").write_text(lines + "\n")


if __name__ == "__main__":
    main()

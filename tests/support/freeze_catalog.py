"""Writes tests/data/catalogs/version-N.sql: a small catalog of today's version, for ever.

    python -m tests.support.freeze_catalog

A version that was released is never written again.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

from pipeline.catalog.address import CATALOG_FILE
from schemas.errors import SkipReason
from schemas.records import Made, Skipped
from schemas.tables import CATALOG_VERSION
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
    """Make a catalog with a photo in every state, a copy, two scenes of one photo, and a clip."""
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
        catalog.end_run(RUN, "finished", due=4, done=1, failed=1, seconds=2.5)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        with contextlib.closing(sqlite3.connect(Path(folder) / CATALOG_FILE)) as connection:
            lines = "\n".join(connection.iterdump())
    (CATALOGS / f"version-{CATALOG_VERSION}.sql").write_text(lines + "\n")


if __name__ == "__main__":
    main()

"""Removes from a library what it no longer needs, and says what and how much."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict, dataclass, field

from jobs.console.output import Output
from jobs.runs.ingest import disk_full_is_known
from pipeline.catalog.database import open_database, read_catalog
from pipeline.catalog.lock import hold
from pipeline.catalog.snapshot import write_snapshot
from pipeline.catalog.writer import Catalog
from pipeline.maintenance.garbage import Garbage, find_garbage
from pipeline.maintenance.repairs import drop_superseded
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store


@dataclass(slots=True)
class GcReport:
    """What went, or would go: counts and bytes by kind."""

    library: str
    is_dry_run: bool
    superseded: int = 0
    superseded_bytes: int = 0  # with the previews of those scenes
    orphans: int = 0
    orphan_bytes: int = 0
    temporaries: int = 0
    temporary_bytes: int = 0
    foreign: int = 0  # files of nobody we know: they stay
    bytes: int = 0
    paths: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def collect_garbage(
    root: LibraryRoot,
    output: Output,
    catalog_url: str | None = None,
    *,
    keep_superseded: bool = False,
    is_dry_run: bool = False,
) -> GcReport:
    """Remove what can go from the library at `root`, or only say what that is.

    Raises UsageError, LibraryBusyError, StoreError, RunError.
    """
    started = time.monotonic()
    with read_catalog(root, catalog_url):
        pass  # there is one
    with hold(root, "gc", catalog_url), disk_full_is_known(root, catalog_url):
        store = Store(root)
        with read_catalog(root, catalog_url) as reader:
            garbage = find_garbage(reader, store)
        if keep_superseded:
            garbage.superseded.clear()
        report = _counted(root, garbage, is_dry_run)
        if not is_dry_run:
            _remove(garbage, store, root, catalog_url)
    if garbage.foreign:
        output.note(f"{garbage.foreign} files there are not this library's: they stay.")
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _counted(root: LibraryRoot, garbage: Garbage, is_dry_run: bool) -> GcReport:
    found = (garbage.superseded, garbage.orphans, garbage.temporaries)
    sizes = [sum(item.bytes for item in items) for items in found]
    return GcReport(
        str(root),
        is_dry_run,
        len(garbage.superseded),
        sizes[0],
        len(garbage.orphans),
        sizes[1],
        len(garbage.temporaries),
        sizes[2],
        garbage.foreign,
        sum(sizes),
        [item.path for items in found for item in items],
    )


def _remove(garbage: Garbage, store: Store, root: LibraryRoot, catalog_url: str | None) -> None:
    store.remove_all(file.path for file in (*garbage.temporaries, *garbage.orphans))
    if not garbage.superseded:
        return
    with Catalog(open_database(root, catalog=catalog_url)) as catalog:
        ids = (scene.scene_id for scene in garbage.superseded)
        store.remove_all(drop_superseded(catalog.connection, ids))
        with closing(catalog.engine.connect()) as reader:
            write_snapshot(reader, store)

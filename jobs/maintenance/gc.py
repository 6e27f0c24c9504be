"""Removes from a library what it no longer needs, and reports what and how much."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

from jobs.console.output import Output
from pipeline.library import Library
from pipeline.maintenance.garbage import Garbage, find_garbage
from pipeline.maintenance.repairs import drop_superseded
from schemas.count_text import count_text


@dataclass(slots=True)
class GcReport:
    """What was or would be removed: counts and bytes by kind."""

    library: str
    is_dry_run: bool
    superseded: int = 0
    superseded_bytes: int = 0  # with the previews of those scenes
    orphans: int = 0
    orphan_bytes: int = 0
    temporaries: int = 0
    temporary_bytes: int = 0
    foreign: int = 0  # foreign files, which are kept
    bytes: int = 0
    paths: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def collect_garbage(
    library: Library,
    output: Output,
    *,
    keep_superseded: bool = False,
    is_dry_run: bool = False,
) -> GcReport:
    """Remove from the library what is not needed, or only report it.

    Raises UsageError, LibraryBusyError, StoreError, RunError.
    """
    started = time.monotonic()
    library.check_exists()
    with library.hold("gc"):
        with library.read() as reader:
            garbage = find_garbage(reader, library.store)
        if keep_superseded:
            garbage.superseded.clear()
        report = _counted(library, garbage, is_dry_run)
        if not is_dry_run:
            _remove(garbage, library)
    if garbage.foreign:
        texts = (
            "file does not belong to this library and is",
            "files do not belong to this library and are",
        )
        output.note(f"{count_text(garbage.foreign, *texts)} kept.")
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _counted(library: Library, garbage: Garbage, is_dry_run: bool) -> GcReport:
    found = (garbage.superseded, garbage.orphans, garbage.temporaries)
    sizes = [sum(item.bytes for item in items) for items in found]
    return GcReport(
        str(library),
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


def _remove(garbage: Garbage, library: Library) -> None:
    store = library.store
    store.remove_all(file.path for file in (*garbage.temporaries, *garbage.orphans))
    if not garbage.superseded:
        return
    with library.write() as catalog:
        ids = (scene.scene_id for scene in garbage.superseded)
        store.remove_all(drop_superseded(catalog.connection, ids))
        library.write_snapshot(catalog)

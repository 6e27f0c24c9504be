"""Checks a library's files against its catalog, and repairs what differs."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from itertools import takewhile

from sqlalchemy.engine import Connection

from jobs.console.count_progress import Advance, count_progress
from jobs.console.output import Output
from jobs.runs.signals import stop_on_signals
from pipeline.catalog.writer import CatalogWriter
from pipeline.flow.decode_stage import DecodeStage
from pipeline.library import Library
from pipeline.maintenance.repairs import drop_artifact, drop_scene, mark_verified, repair_photo
from pipeline.maintenance.verify import (
    PHOTO,
    SCENE,
    SCENES_AT_ONCE,
    SIZES_AT_ONCE,
    THUMB,
    Damage,
    DamageKind,
    StoredRow,
    check_catalog,
    check_stored_file,
    check_stored_size,
    count_scenes,
    source_of,
    stored_rows,
)
from pipeline.scan.read_ahead import read_ahead
from pipeline.store.layout import PREVIEWS, SCENES, THUMBNAILS
from pipeline.work.stop import Stop
from schemas.outcomes import Failed, Made, Skipped
from schemas.records import ArtifactRecord
from schemas.settings import PhotoSettings, VerifySettings

_THREADS = min(8, os.cpu_count() or 1)


@dataclass(slots=True)
class VerifyReport:
    """What was checked and what was found."""

    library: str
    scenes: int = 0  # checked
    files: int = 0  # of scenes and of what was made from them
    bytes: int = 0
    left: int = 0  # scenes not checked because of an interrupt
    damaged: int = 0
    repaired: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    damages: list[dict[str, object]] = field(default_factory=list)  # each with is_repaired
    seconds: float = 0.0
    is_interrupted: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def verify(
    library: Library,
    settings: VerifySettings,
    output: Output,
    deadline: datetime | None = None,
) -> VerifyReport:
    """Check the library, until `deadline` at the latest.

    Raises UsageError, LibraryBusyError, StoreError, RunError.
    """
    library.check_exists()
    with library.hold("verify"), library.write() as catalog:
        with closing(catalog.engine.connect()) as reader:
            stop = Stop(deadline)
            report = _Verification(library, settings, output, catalog, reader, stop).run()
        if report.repaired:
            library.write_snapshot(catalog)
        return report


class _Verification:
    """One pass. `reader` streams the rows while `catalog` writes."""

    def __init__(
        self,
        library: Library,
        settings: VerifySettings,
        output: Output,
        catalog: CatalogWriter,
        reader: Connection,
        stop: Stop,
    ) -> None:
        self._settings = settings
        self._output = output
        self._catalog = catalog
        self._reader = reader
        self._store = library.store
        self._stop = stop
        self._report = VerifyReport(str(library))
        self._problems: Counter[str] = Counter()

    def run(self) -> VerifyReport:
        started = time.monotonic()
        report, sample = self._report, self._settings.sample
        if sample is None:
            for damage in check_catalog(self._reader):
                self._take(damage)
        total = count_scenes(self._reader, sample)
        with (
            stop_on_signals(self._stop, self._say_ending),
            count_progress(self._output, "scenes", total) as advance,
            closing(self._checked()) as checked,
            suppress(KeyboardInterrupt),
        ):
            for rows, damages in checked:
                self._count(rows, damages, advance)
        report.left = total - report.scenes
        report.is_interrupted = self._stop.is_requested and report.left > 0
        report.problems = dict(sorted(self._problems.items()))
        report.seconds = round(time.monotonic() - started, 3)
        return report

    def _checked(self) -> Generator[tuple[list[StoredRow], list[Damage | None]]]:
        """Check the stored files some at a time, in threads, until a stop is asked."""
        store, settings = self._store, self._settings
        if settings.quick and settings.sample is None:
            check = partial(check_stored_size, store.sizes(SCENES, THUMBNAILS, PREVIEWS))
            # One size is looked up sooner than it is handed to a thread.
            yield from read_ahead(
                lambda rows: (rows, [check(row) for row in rows]),
                self._stored(SIZES_AT_ONCE),
                2 * _THREADS,
            )
            return
        if settings.quick:
            check = partial(check_stored_size, store.size)
        else:
            check = partial(check_stored_file, store)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="verify") as pool:
            for rows in self._stored(SCENES_AT_ONCE):
                yield rows, list(pool.map(check, rows))

    def _stored(self, at_once: int) -> Iterator[list[StoredRow]]:
        stored = stored_rows(self._reader, self._settings.sample, at_once)
        return takewhile(lambda _: not self._stop.is_asked, stored)

    def _count(
        self, rows: Sequence[StoredRow], damages: Sequence[Damage | None], advance: Advance
    ) -> None:
        bad = {damage.row_id for damage in damages if damage is not None}
        scene_ids = [row.row_id for row in rows if row.kind == SCENE]
        whole = [scene_id for scene_id in scene_ids if scene_id not in bad]
        if whole and not self._settings.quick:
            mark_verified(self._catalog.connection, whole)
        for damage in damages:
            if damage is not None:
                self._take(damage)
        self._report.scenes += len(scene_ids)
        self._report.files += len(rows)
        self._report.bytes += sum(row.bytes for row in rows)
        advance(len(scene_ids))

    def _take(self, damage: Damage) -> None:
        is_repaired = self._settings.repair and self._repair(damage)
        self._report.damaged += 1
        self._report.repaired += is_repaired
        self._problems[damage.problem] += 1
        self._report.damages.append({**damage.as_dict(), "is_repaired": is_repaired})
        what = damage.path or damage.photo_id
        self._output.note(f"{damage.kind} {what}: {damage.problem}: {damage.message}")

    def _repair(self, damage: Damage) -> bool:
        """Make what is damaged due again; keep it if its photo is gone."""
        connection = self._catalog.connection
        if damage.kind == PHOTO:
            repair_photo(connection, damage.photo_id)
            return True
        if damage.kind == THUMB:
            return self._make_thumb(damage)
        if damage.kind == SCENE:
            with connection.begin():
                source = source_of(connection, damage.photo_id)
            if source is None:
                self._output.warn(f"{damage.path} is kept: its photo is gone")
                return False
            for path in drop_scene(connection, damage.row_id):
                self._store.remove(path)
            return True
        drop_artifact(connection, damage.row_id)
        if damage.problem is not DamageKind.MISSING and damage.path is not None:
            self._store.remove(damage.path)
        return True

    def _make_thumb(self, damage: Damage) -> bool:
        connection = self._catalog.connection
        with connection.begin():
            source = source_of(connection, damage.photo_id)
        if source is None:
            return False
        settings = PhotoSettings(allow_small=True, allow_wide=True, photo_depth=False)
        decoded = DecodeStage(settings, self._store).process(source)
        if isinstance(decoded, Skipped | Failed):
            return False
        photo = decoded[0]
        thumb = ArtifactRecord(source.photo_id, THUMB, source.photo_id, None, photo.thumb, None)
        self._catalog.record(Made(source, (thumb,), photo.seconds), None)
        return True

    def _say_ending(self) -> None:
        self._output.note("Finishing the files in progress. Press Ctrl-C again to stop now.")

"""One command over the made-up library of `bench_runs.py`, in a process that is measured.

    PYTHONPATH=CHECKOUT python scripts/at_size.py COMMAND FOLDER PHOTOS [CATALOG]

The packages are those of PYTHONPATH. Rows are real; a million files are not there: what asks the
disk for files of the library is given their recorded sizes, and what lists photos is given as many.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import psutil
import sqlalchemy as sa
from made_catalog import (
    EXPORTS,
    PREVIEW_BYTES,
    PREVIEWS,
    SCENE_BYTES,
    THUMB_BYTES,
    ids_of,
    number_of,
)

from jobs.console.output import Output
from pipeline.catalog.filters import Filters
from pipeline.catalog.writer import CatalogWriter
from pipeline.library import Library
from pipeline.store.local import StoredPath
from pipeline.store.store import Store
from schemas.tables import artifacts, failures, photo_paths, photos, scenes

SIZES = {"scenes": SCENE_BYTES, "thumbs": THUMB_BYTES, "previews": PREVIEW_BYTES}
EXPORT_FOLDER = "out"
QUIET = Output(quiet=True)
OUTCOMES, ROUNDS = 2_000, 5
HELD = 128  # outcomes in one commit


def outcomes(library: Library, _folder: Path, _count: int) -> str:
    """Record new photos and their outcomes as a driver does that never has to wait for them.

    By the clock, and with SQLite, which is this process alone, also without the time in which it
    was ready and had no core: other programs' load is not the catalog's. The disk's time counts.
    """
    rounds = [_record_outcomes(library, f"{os.getpid()} {number}") for number in range(ROUNDS)]
    cpu = _spread([1e6 * one.cpu / OUTCOMES for one in rounds])
    rate = _spread([OUTCOMES / one.wall for one in rounds])
    said = f"{cpu} us of CPU time an outcome, {rate} a second by the clock"
    with library.read() as connection:
        if connection.dialect.name != "sqlite":
            return said
    own = _spread([OUTCOMES / (one.wall - one.without_core) for one in rounds])
    return f"{said}, {own} if it had a core"


def _spread(values: Sequence[float]) -> str:
    # That of `bench_support` would bring along the packages of this checkout.
    return f"{min(values):.0f} / {statistics.median(values):.0f} / {max(values):.0f}"


class Seconds(NamedTuple):
    """What some outcomes took."""

    wall: float
    cpu: float
    without_core: float  # of the wall time: ready, and no core was free


def _record_outcomes(library: Library, name: str) -> Seconds:
    """Record some new outcomes, and return what that took."""
    from tests.support.library_of_records import clip, done, photo_file

    made = [done(photo_file(f"new {name} {number}.jpg")) for number in range(OUTCOMES)]
    with library.write() as catalog:
        for start in range(0, OUTCOMES, 64):
            some = made[start : start + 64]
            catalog.add_found([(one.photo.file, None) for one in some])
        before = _seconds(catalog)
        record_all = getattr(catalog, "record_all", None)
        for start in range(0, OUTCOMES, HELD):
            some = [
                type(one)(one.photo, one.scene, (clip(one.scene),))
                for one in made[start : start + HELD]
            ]
            if record_all is not None:
                record_all(some, None)
            else:  # an earlier version
                for one in some:
                    catalog.record(one, None)
        took = [after - start for after, start in zip(_seconds(catalog), before, strict=True)]
        _forget(catalog, [one.photo.file.photo_id for one in made])
    return Seconds(*took)


def _seconds(catalog: CatalogWriter) -> Seconds:
    queued = int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    return Seconds(time.perf_counter(), _cpu_seconds(catalog), queued)


def _backend(catalog: CatalogWriter) -> int:
    """Return the process of a PostgreSQL server that works for this catalog."""
    backend = catalog.connection.scalar(sa.text("SELECT pg_backend_pid()"))
    catalog.connection.rollback()
    assert isinstance(backend, int)
    return backend


def _cpu_seconds(catalog: CatalogWriter) -> float:
    """Return the CPU time of this process and, with PostgreSQL, of the server of the catalog."""
    own = time.process_time()
    if catalog.connection.dialect.name != "postgresql":
        return own
    server = psutil.Process(_backend(catalog)).parent()
    assert server is not None, "the server runs on this machine"
    ended = server.cpu_times()
    times = [one.cpu_times() for one in (server, *server.children())]
    return own + sum(
        (float(one.user + one.system) for one in times),
        start=float(ended.children_user + ended.children_system),
    )


def _forget(catalog: CatalogWriter, photo_ids: list[str]) -> None:
    from schemas.search_tables import photo_texts

    with catalog.connection.begin():
        for table in (artifacts, scenes, failures, photo_texts, photo_paths, photos):
            for start in range(0, len(photo_ids), 500):
                some = table.c.photo_id.in_(photo_ids[start : start + 500])
                catalog.connection.execute(table.delete().where(some))


def status(library: Library, _folder: Path, _count: int) -> str:
    from pipeline.catalog.status import read_status

    with library.read() as connection:
        return f"{sum(read_status(connection).photos.values())} photos"


def query(library: Library, _folder: Path, _count: int) -> str:
    """All photos as JSON lines."""
    from jobs.console.record_formats import WRITERS, QueryFormat
    from pipeline.catalog.query import find

    with library.read() as connection, Path(os.devnull).open("wb") as file:
        WRITERS[QueryFormat.JSONL](find(connection, Filters()), file)
    return "all as JSON lines"


def verify_quick(library: Library, _folder: Path, _count: int) -> str:
    from jobs.maintenance.verify import verify
    from schemas.settings import VerifySettings

    report = verify(library, VerifySettings(quick=True), QUIET)
    assert report.damaged == 0, report.problems
    return f"{report.files} files"


def gc_dry_run(library: Library, _folder: Path, _count: int) -> str:
    from jobs.maintenance.gc import collect_garbage

    report = collect_garbage(library, QUIET, is_dry_run=True)
    assert (report.orphans, report.foreign) == (0, 0)
    return "nothing to remove"


def preview(library: Library, _folder: Path, _count: int) -> str:
    from jobs.runs.preview import preview as make
    from jobs.runs.scene_run import scene_runner

    report = make(library, Filters(), PREVIEWS, QUIET, scene_runner(inline=True, address=None))
    assert report.selected == report.unchanged > 0
    return f"{report.unchanged} scenes"


def export(library: Library, folder: Path, _count: int) -> str:
    from jobs.runs.export import ExportOrder, export_scenes
    from jobs.runs.scene_run import scene_runner
    from pipeline.exports import wanted

    order = ExportOrder(folder / EXPORT_FOLDER, Filters(), EXPORTS)
    with (
        mock.patch.object(wanted, "is_unchanged", lambda *_: True),
        mock.patch.object(os.path, "isfile", lambda _: True),
    ):
        report = export_scenes(library, order, QUIET, scene_runner(inline=True, address=None))
    assert report.selected == report.unchanged > 0
    return f"{report.unchanged} scenes"


def ingest(library: Library, folder: Path, count: int) -> str:
    """Each photo has the scene that the run would make, and its file is as it was recorded."""
    from jobs.runs.ingest import Ingest
    from pipeline.flow import due_rules
    from pipeline.flow.inline import run_inline
    from pipeline.flow.model import resolve_model
    from schemas.settings import IngestSettings, ModelSettings

    def scene_id(photo_id: str, *_: object, **__: object) -> str:
        return ids_of(number_of(photo_id))[1]

    run = Ingest(library, [folder], IngestSettings(), resolve_model(ModelSettings("small")), QUIET)
    with mock.patch.object(due_rules, "scene_id_of", scene_id), _walk_of_rows(library):
        report = run.run(lambda: contextlib.nullcontext(run_inline))
    assert report.due == 0, report
    return f"{report.unchanged} unchanged of {count} photos"


def _walk_of_rows(library: Library) -> contextlib.AbstractContextManager[object]:
    """Have a run find the files that the catalog has recorded."""
    from pipeline.flow import plan_ingest
    from pipeline.scan import scan

    def files() -> Iterator[scan.FoundFile]:
        columns = photo_paths.c.path, photo_paths.c.bytes, photo_paths.c.mtime_ns
        query = sa.select(*columns).order_by(photo_paths.c.path)
        with library.read() as connection:
            for row in connection.execute(query, execution_options={"yield_per": 5_000}):
                yield scan.FoundFile(*row)

    if not hasattr(scan, "Walk"):  # an earlier version
        found = mock.Mock(libraries=[], unreadable_folders=[], files=[*files()])
        return mock.patch.object(plan_ingest, "scan", lambda *_: found)

    class Walk(scan.Walk):
        def roots(self) -> Iterator[scan.FoundRoot]:
            yield scan.FoundRoot("/photos", True, files())

    return mock.patch.object(plan_ingest, "Walk", Walk)


def pages(library: Library, folder: Path, _count: int) -> str:
    """Pages of the gallery, each asked for once: CPU milliseconds."""
    from jobs.gallery.app import GallerySettings
    from tests.support.gallery_client import gallery_client

    photo_id = ids_of(7)[0]
    asked = {
        "first": "/",
        "camera": "/?camera=ILCE-7M3",
        "person": "/?person=person+1",
        "month": "/api/photos?period=2012-05",
        "photo": f"/photos/{photo_id}",
        "best": "/best",
        "places": "/places",
        "problems": "/problems",
        "choices": "/api/choices",
        "slides": "/api/slides",
    }
    took = []
    with gallery_client(GallerySettings(library, folder / "cache", read_only=True)) as client:
        for name, path in asked.items():
            started = time.process_time()
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
            took.append(f"{name} {1000 * (time.process_time() - started):.0f}")
    return f"ms: {', '.join(took)}"


COMMANDS = {
    "outcomes": outcomes,
    "status": status,
    "query": query,
    "verify --quick": verify_quick,
    "gc --dry-run": gc_dry_run,
    "preview": preview,
    "export": export,
    "ingest": ingest,
    "gallery": pages,
}


@contextlib.contextmanager
def files_as_recorded(library: Library) -> Iterator[None]:
    """Answer for the files of the library by their rows."""

    def sizes(_store: Store, *_folders: str) -> object:
        return lambda path: SIZES[path.partition("/")[0]]

    def files(_store: Store, folder: str) -> Iterator[StoredPath]:
        column = scenes.c.splat_path if folder == "scenes" else artifacts.c.path
        kinds = {"scenes": None, "thumbs": "thumb", "previews": "clip"}
        if folder not in kinds:
            return
        query = sa.select(column)
        if kinds[folder] is not None:
            query = query.where(artifacts.c.kind == kinds[folder])
        with library.read() as connection:
            for row in connection.execute(query, execution_options={"yield_per": 5_000}):
                yield StoredPath(row[0], SIZES[folder])

    with mock.patch.object(Store, "sizes", sizes), mock.patch.object(Store, "files", files):
        yield


def main() -> None:
    name, folder, count, *catalog = sys.argv[1:]
    library = Library.resolve(Path(folder) / "library", catalog[0] if catalog else None)
    with files_as_recorded(library):
        said = COMMANDS[name](library, Path(folder), int(count))
    # Of this program: what a parent gets of a child counts the memory of the parent as well.
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    times = os.times()
    print(f"{times.user + times.system:8.2f} s {1024 * int(peak) / 1e6:6.0f} MB   {said}")


if __name__ == "__main__":
    main()

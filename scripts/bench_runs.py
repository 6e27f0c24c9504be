"""What runs cost a catalog as it grows: recording an outcome, and finding that nothing is due.

    python scripts/bench_runs.py [--photos 1000000] [--postgres]

Grows one catalog to 10^3, 10^4, ... photos. At each size it prints the median time to record a
finished photo, with the indexes of the catalog and, as the baseline, without the two on
`artifacts`; and how long `preview` and `export` take to find that nothing is due, and how much
memory `export` needs for it. Baselines: for previews, a copy of a set for each scene; for exports,
all records and the whole manifest in memory. The manifest of exports is on the disk; files of
previews and exports are not, so the time to ask the disk for their sizes is not measured.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from bench_support import option_parser, print_environment, resident_mb
from made_catalog import rows_of
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find, find_scenes
from pipeline.catalog.writer import CatalogWriter
from pipeline.exports import plan, wanted
from pipeline.exports.exported import Exported, exports_by_file, source_paths
from pipeline.exports.manifest import line_of, manifest_texts, parse_line
from pipeline.exports.manifest_sync import rewrite_manifest
from pipeline.exports.registry import kind_named
from pipeline.exports.target import ExportTarget
from pipeline.library import Library
from pipeline.scenes.previews import artifact_id_of, due_previews, settings_text
from pipeline.store.layout import PreviewPath
from pipeline.store.store import Store
from schemas.choices import PreviewKind
from schemas.export_settings import ExportSettings, PreviewSettings
from schemas.tables import artifacts, photo_paths, photos, scenes, utc_now
from tests.support.library_of_records import done, photo_file
from tests.support.postgres import fresh_schema, running_server

ROWS = 20_000  # per insert
WRITES = 200
BASELINE_WRITES = 10
MOST_NEW = 10 * (WRITES + BASELINE_WRITES)  # photos that were recorded here, and have nothing made
BASELINE_SCENES = 10_000  # the baseline of previews is quadratic
PREVIEWS = PreviewSettings()
EXPORTS = ExportSettings(("ply",))
INDEXES = [index for index in artifacts.indexes if index.columns.keys() in (["path"], ["scene_id"])]


def grow(writer: CatalogWriter, target: ExportTarget, start: int, stop: int) -> None:
    """Add photos, each done with a thumbnail, a preview and an export."""
    settings = json.loads(kind_named("ply").settings_text(EXPORTS))
    for first in range(start, stop, ROWS):
        rows = rows_of(range(first, min(first + ROWS, stop)))
        made = []
        for scene in rows[scenes]:
            scene_id, photo_id = scene["scene_id"], scene["photo_id"]
            made.append(
                {
                    "artifact_id": artifact_id_of(scene_id, PreviewKind.CLIP, PREVIEWS),
                    "kind": PreviewKind.CLIP,
                    "photo_id": photo_id,
                    "scene_id": scene_id,
                    "path": PreviewPath(scene_id, "clip", "mp4").path,
                    "bytes": 300_000,
                    "sha256": "0" * 64,
                    "settings": settings_text(PreviewKind.CLIP, PREVIEWS),
                    "created_at": utc_now(),
                }
            )
            name = f"IMG_{scene_id}"
            exported = Exported(
                *(f"{name}.ply", "ply", photo_id, scene_id, 66_000_000, "0" * 64),
                *(settings, {}, "{stem}", name, 1),
            ).artifact(target)
            made.append(
                {
                    "artifact_id": exported.artifact_id,
                    "kind": exported.kind,
                    "photo_id": photo_id,
                    "scene_id": scene_id,
                    "path": exported.file.path,
                    "bytes": exported.file.bytes,
                    "sha256": exported.file.sha256,
                    "settings": exported.settings,
                    "created_at": utc_now(),
                }
            )
        with writer.connection.begin():
            for table in (photos, photo_paths, scenes, artifacts):
                found = rows[table] + [dict(row) for row in made if table is artifacts]
                columns = {name for row in found for name in row}
                full = [dict.fromkeys(columns) | row for row in found]
                writer.connection.execute(table.insert(), full)


def write_ms(writer: CatalogWriter, first: int, count: int) -> float:
    """Return the median milliseconds to record a new photo that is done."""
    times = []
    for number in range(first, first + count):
        file = photo_file(f"new{number}.jpg")
        writer.add_found([(file, None)])
        outcome = done(file, model="sharp")
        started = time.perf_counter()
        writer.record(outcome, None)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


@contextlib.contextmanager
def without_indexes(writer: CatalogWriter) -> Iterator[None]:
    with writer.connection.begin():
        for index in INDEXES:
            index.drop(writer.connection)
    try:
        yield
    finally:
        with writer.connection.begin():
            for index in INDEXES:
                index.create(writer.connection)


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def previews_as_before(connection: Connection) -> None:
    """Find the due previews as version 1 did: a copy of the set for each scene."""
    made = {row[0] for row in connection.execute(artifacts.select())}
    missing = 0
    for record in find(connection, Filters()):
        if record.scene_id is not None:
            wanted = {artifact_id_of(record.scene_id, PreviewKind.CLIP, PREVIEWS)}
            missing += not wanted <= set(made)
    assert missing <= MOST_NEW


def exports_as_before(connection: Connection, target: ExportTarget) -> None:
    """Find the due exports with everything in memory, and compare the whole manifest."""
    recorded = [one.parsed() for one in exports_by_file(connection, target)]
    known = {exported.file: exported for exported in recorded}
    before = [line for line in map(parse_line, manifest_texts(target)) if line is not None]
    assert all(line["file"] in known for line in before)
    selected = {found.photo_id: found.scene_id for found in find_scenes(connection, Filters())}
    settings = json.loads(kind_named("ply").settings_text(EXPORTS))
    complete = {
        exported.photo_id
        for exported in known.values()
        if selected.get(exported.photo_id) == exported.scene_id and exported.settings == settings
    }
    assert len(selected) - len(complete) <= MOST_NEW
    paths = source_paths(connection, [exported.photo_id for exported in recorded])
    lines = [line_of(exported, paths.get(exported.photo_id, ())) for exported in recorded]
    lines.sort(key=lambda line: str(line["file"]))
    assert lines == before


def with_peak(call: Callable[[], object]) -> str:
    """Return the seconds of a call, and the most memory that it added to this process."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is resident now
    before = resident_mb()
    took = seconds(call)
    status = Path("/proc/self/status").read_text()
    peak = 1024 * int(status.partition("VmHWM:")[2].split()[0]) / 1e6
    return f"{took:8.2f} s, {max(0.0, peak - before):6.0f} MB"


def measure(library: Library, target: ExportTarget, count: int, baseline: bool) -> None:
    def previews(connection: Connection) -> None:
        due, _ = due_previews(connection, library.store, Filters(), PREVIEWS)
        assert len(due) <= MOST_NEW

    def exports(connection: Connection) -> None:
        found = plan.plan_exports(connection, target, Filters(), EXPORTS)
        assert len(found.items) <= MOST_NEW
        assert found.manifest_is_current

    all_there = mock.patch.object(Store, "sizes", lambda *_: lambda _: 300_000)
    unchanged = mock.patch.object(wanted, "is_unchanged", lambda *_: True)
    is_file = mock.patch.object(os.path, "isfile", lambda _: True)
    with library.read() as connection, all_there, unchanged, is_file:
        rewrite = with_peak(lambda: rewrite_manifest(connection, target))
        print(f"{count:>9} manifest, written:    {rewrite}")
        print(f"{count:>9} export, nothing due:  {with_peak(lambda: exports(connection))}")
        before = with_peak(lambda: exports_as_before(connection, target))
        print(f"{count:>9} export, in memory:    {before}  (baseline)")
        print(f"{count:>9} preview, nothing due: {seconds(lambda: previews(connection)):8.2f} s")
        if baseline:
            slow = seconds(lambda: previews_as_before(connection))
            print(f"{count:>9} preview, a set each:  {slow:8.2f} s  (baseline)")


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    print_environment()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-runs-")))
        url = fresh_schema(stack.enter_context(running_server())) if options.postgres else None
        library = Library.resolve(folder / "library", url)
        library.store.make()
        target = ExportTarget(folder / "out", library.root)
        size, written = 0, 0
        for power in range(3, 10):
            if 10**power > options.photos:
                break
            with library.write(create=True) as writer:
                grow(writer, target, size, 10**power)
                size = 10**power
                ms = write_ms(writer, written, WRITES)
                with without_indexes(writer):
                    before = write_ms(writer, written + WRITES, BASELINE_WRITES)
                written += WRITES + BASELINE_WRITES
            print(
                f"{size:>9} record an outcome:    {ms:8.2f} ms; baseline, no index {before:.2f} ms"
            )
            measure(library, target, size, size <= BASELINE_SCENES)


if __name__ == "__main__":
    main()

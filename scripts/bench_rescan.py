"""Time of a run with nothing to do: all files are in the catalog, and no photo is read.

    python scripts/bench_rescan.py [--files 100000] [--sidecars]

Creates that many small files and a catalog of them, then runs an ingest and a dry run. With
--sidecars an XMP file is beside each one. Baseline in the same run: a bare walk of the same folders
that reads the size and time of every file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

from bench_support import SCENE_COLUMNS, fill_tables, option_parser, print_environment

from jobs.console.output import Output
from jobs.runs.dry_run import dry_run
from jobs.runs.ingest import Ingest
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.flow.flow import Runner
from pipeline.flow.inline import run_inline
from pipeline.flow.model import ResolvedModel, resolve_model
from pipeline.flow.scene_id import scene_id_of
from pipeline.library import Library
from pipeline.scan.sidecars import find_sidecars
from schemas.context import METADATA_VERSION
from schemas.records import MediaType, PhotoState
from schemas.settings import IngestSettings, ModelSettings, PhotoSettings
from schemas.tables import context_files, photo_paths, photos, scenes, utc_now

FILES_A_FOLDER = 500


def make_files(root: Path, count: int, *, sidecars: bool) -> list[Path]:
    """Write `count` files of a few bytes, in folders of 500, and sidecars if asked for."""
    paths = []
    for index in range(count):
        folder = root / f"{2000 + index // FILES_A_FOLDER % 25}" / f"{index // FILES_A_FOLDER:04d}"
        if index % FILES_A_FOLDER == 0:
            folder.mkdir(parents=True)
        path = folder / f"IMG_{index:06d}.JPG"
        path.write_bytes(b"%d" % index)
        if sidecars:
            path.with_suffix(".xmp").write_bytes(b"<x/>")
        paths.append(path)
    return paths


def make_catalog(library: Path, files: list[Path], model: ResolvedModel) -> None:
    """Fill a catalog as if every file had become a scene."""
    now = utc_now()
    photo_rows, path_rows, scene_rows, context_rows = [], [], [], []
    for path in files:
        stat = path.stat()
        photo_id = hashlib.sha256(str(path).encode()).hexdigest()[:32]
        scene_id = scene_id_of(photo_id, MediaType.JPEG, model.fingerprint, PhotoSettings(), None)
        photo_rows.append(
            {
                "photo_id": photo_id,
                "state": PhotoState.DONE,
                "scene_id": scene_id,
                "media_type": MediaType.JPEG,
                "bytes": stat.st_size,
                "width": 4000,
                "height": 3000,
                "camera_model": "bench",
                "found_at": now,
                "metadata_version": METADATA_VERSION,
            }
        )
        path_rows.append(
            {
                "path": str(path),
                "photo_id": photo_id,
                "bytes": stat.st_size,
                "mtime_ns": stat.st_mtime_ns,
            }
        )
        scene_rows.append(
            {
                "scene_id": scene_id,
                "photo_id": photo_id,
                "model": model.name,
                "model_fingerprint": model.fingerprint,
                "format": "ply",
                "splat_path": f"scenes/{scene_id}.ply",
                "splat_bytes": 66_000_000,
                "splat_sha256": "0" * 64,
                **SCENE_COLUMNS,
                "width": 4000,
                "height": 3000,
                "focal_px": 3000.0,
                "focal_source": "exif_35mm",
                "created_at": now,
            }
        )
        context_rows += [
            {
                "photo_id": photo_id,
                "path": sidecar.path,
                "kind": sidecar.kind,
                "bytes": sidecar.size,
                "mtime_ns": sidecar.mtime_ns,
            }
            for sidecar in find_sidecars(str(path))
        ]
    library.mkdir()
    engine = open_database(find_catalog(library), create=True)
    tables = {photos: photo_rows, photo_paths: path_rows, scenes: scene_rows}
    if context_rows:
        tables[context_files] = context_rows
    fill_tables(engine, tables)


def bare_walk(root: Path) -> float:
    started = time.perf_counter()
    count = 0
    for folder, _, names in os.walk(root):
        for name in names:
            os.stat(f"{folder}/{name}")  # noqa: PTH116 - the baseline is minimal
            count += 1
    return time.perf_counter() - started


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--sidecars", action="store_true")
    options = parser.parse_args()
    count = options.files
    print_environment()
    model = resolve_model(ModelSettings("small"))
    with tempfile.TemporaryDirectory(prefix="bench-rescan-") as folder:
        root, library = Path(folder).resolve() / "photos", Path(folder) / "library"
        make_catalog(library, make_files(root, count, sidecars=options.sidecars), model)
        walk = bare_walk(root)
        started, cpu = time.perf_counter(), time.process_time()
        run = Ingest(Library.resolve(library), [root], IngestSettings(), model, Output(quiet=True))

        def runner() -> contextlib.AbstractContextManager[Runner]:
            return contextlib.nullcontext(run_inline)

        report = run.run(runner)
        ingest, cpu = time.perf_counter() - started, time.process_time() - cpu
        started = time.perf_counter()
        dry = dry_run(Library.resolve(library), [root], IngestSettings(), model)
        dry_seconds = time.perf_counter() - started
    if (report.unchanged, report.due, dry.due) != (count, 0, 0):
        raise SystemExit(f"not a rescan: {report}")
    print(f"bare walk with stat   {walk:6.2f} s")
    print(f"ingest, nothing due   {ingest:6.2f} s (CPU {cpu:.2f} s) for {count} recorded files")
    print(f"dry run               {dry_seconds:6.2f} s")


if __name__ == "__main__":
    main()

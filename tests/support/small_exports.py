"""Exports of small libraries, and what is found in their folders."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from jobs.console.output import Output
from jobs.runs.export import ExportOrder, ExportReport, export_scenes
from jobs.runs.scene_run import scene_runner
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from pipeline.store.layout import MANIFEST, TEMPORARY_PREFIX
from schemas.export_settings import ExportSettings
from schemas.tables import artifacts
from tests.support.paths import ROOT

QUICK = ExportSettings(("sbs",), long_side=64, clip_long_side=64, seconds=0.2)


def run(
    library: Path,
    to: Path,
    settings: ExportSettings = QUICK,
    inline: bool = True,
    **order: Any,
) -> ExportReport:
    filters = order.pop("filters", Filters())
    return export_scenes(
        Library.resolve(library),
        ExportOrder(to, filters, settings, **order),
        Output(quiet=True),
        scene_runner(inline, None),
    )


def exported(to: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(to)): path.read_bytes()
        for path in sorted(to.rglob("*"))
        if path.is_file() and not path.name.startswith(MANIFEST)
    }


def manifest(to: Path) -> dict[str, dict[str, Any]]:
    lines = (to / f"{MANIFEST}.jsonl").read_text().splitlines()
    return {line["file"]: line for line in map(json.loads, lines)}


def check_whole(library: Path, to: Path) -> None:
    """Assert that catalog, both manifests and the folder agree, and nothing is half-written."""
    found = exported(to)
    assert not [name for name in found if Path(name).name.startswith(TEMPORARY_PREFIX)]
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
    assert {name: line["sha256"] for name, line in manifest(to).items()} == sums
    with (to / f"{MANIFEST}.csv").open(newline="") as file:
        assert {row["file"]: row["sha256"] for row in csv.DictReader(file)} == sums
    with Library.resolve(library).read() as connection:
        rows = connection.execute(sa.select(artifacts).where(artifacts.c.kind.like("export:%")))
        recorded = {row.path: row.sha256 for row in rows}
    prefix = f"{to.resolve()}/"
    recorded = {path.removeprefix(prefix): s for path, s in recorded.items() if prefix in path}
    assert recorded == sums


def start(library: Path, to: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from jobs.cli import main; main()", "export", "--inline"]
    command += ["--json", "--library", str(library), "--to", str(to), "--width", "512", *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

"""The metrics of real runs: in a file, at a port, and true."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry

from jobs.console.output import Output
from jobs.monitoring.library_metrics import LibraryMetrics
from jobs.monitoring.metrics_server import serving_metrics
from jobs.monitoring.watch import watching
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.monitoring_settings import HookSettings, MetricsSettings
from tests.support.made_photos import make_photo, make_photos
from tests.support.trivial_model import ingest
from tests.support.waiting import PATIENCE_SECONDS


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return the values by name and labels; the parser refuses what is not OpenMetrics."""
    return {
        (sample.name.removeprefix("sharp_batch_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_a_run_writes_what_it_did_and_what_the_library_holds(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 2)
    make_photo(tmp_path / "photos" / "tiny.jpg", 9, size=(64, 48))
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    library = Library.resolve(tmp_path / "library")
    file, port = tmp_path / "sharp.prom", free_port()
    metrics, output = MetricsSettings(file), Output(quiet=True)
    with watching(library, HookSettings(), metrics, output, port):
        report = ingest(tmp_path / "library", tmp_path / "photos")
        address = f"http://127.0.0.1:{port}/metrics"
        request = urllib.request.Request(
            address, headers={"Accept": "application/openmetrics-text"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            served = samples(answer.read().decode())
    found = samples(file.read_text())
    assert found["run_photos_total", "done"] == found["photos", "done"] == report.done == 2
    assert found["run_photos_total", "failed"] == found["photos", "failed"] == 1
    assert found["run_photos_total", "skipped"] == found["photos", "skipped"] == 1
    (reason,) = {reason for reason in report.reasons if ("run_failures_total", reason) in found}
    assert found["photos_failed", reason] == 1
    stored = sum(path.stat().st_size for path in (tmp_path / "library/scenes").rglob("*.sog"))
    assert found["stored_bytes", "sog"] == found["run_written_bytes_total",] == stored
    for stage in ("decode", "predict", "encode"):
        assert found["run_stage_work_seconds_total", stage] > 0
        of_library = found["stage_seconds_total", "small", stage]
        assert of_library == pytest.approx(found["run_stage_work_seconds_total", stage])
        assert found["run_queue", stage] == 0
    assert found["last_run_photos", "ingest", "done"] == 2
    assert found["run_active", "ingest"] == 0
    assert found["disk_free_bytes",] > 0
    assert served["run_photos_total", "done"] == 2


def test_counts_go_on_over_the_runs_of_a_night(tmp_path: Path) -> None:
    library = Library.resolve(tmp_path / "library")
    with watching(
        library, HookSettings(), MetricsSettings(tmp_path / "x.prom"), Output(quiet=True)
    ):
        for index in range(2):
            make_photos(tmp_path / f"photos{index}", 1 + index)
            ingest(tmp_path / "library", tmp_path / f"photos{index}")
    assert samples((tmp_path / "x.prom").read_text())["run_photos_total", "done"] == 2


def test_a_file_that_cannot_be_written_is_told_at_once_or_as_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    library = Library.resolve(tmp_path / "library")
    for wrong, reason in (
        (tmp_path / "nowhere" / "x.prom", "does not exist"),
        (tmp_path, "is a folder"),
    ):
        with (
            pytest.raises(UsageError, match=reason),
            watching(library, HookSettings(), MetricsSettings(wrong), Output()),
        ):
            pass
    file = tmp_path / "folder" / "x.prom"
    file.parent.mkdir()
    make_photos(tmp_path / "photos", 1)
    with watching(library, HookSettings(), MetricsSettings(file), Output()):
        file.parent.rmdir()
        file.parent.touch()
        assert ingest(tmp_path / "library", tmp_path / "photos").done == 1
    said = capfd.readouterr().err
    assert said.count("the metrics could not be written") == 1


def test_a_catalog_that_cannot_be_read_is_one_warning(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    with contextlib.closing(sqlite3.connect(tmp_path / "library" / "catalog.sqlite")) as catalog:
        catalog.execute("DROP TABLE scenes")
    warnings: list[str] = []
    metrics = LibraryMetrics(Library.resolve(tmp_path / "library"), warnings.append)
    assert [*metrics.collect(), *metrics.collect()] == []
    assert len(warnings) == 1


def test_a_port_that_is_taken_is_a_warning() -> None:
    warnings: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serving_metrics(taken.getsockname()[1], CollectorRegistry(), warnings.append):
            pass
    assert "no metrics at 127.0.0.1" in warnings[0]


def test_without_settings_nobody_watches(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 1)
    library = Library.resolve(tmp_path / "library")
    with watching(library, HookSettings(), MetricsSettings(), Output(quiet=True)):
        assert ingest(tmp_path / "library", tmp_path / "photos").done == 1

"""Hooks of real runs: what they are told, and that nothing that they do harms the run."""

from __future__ import annotations

import json
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from jobs.monitoring import hook_calls
from jobs.monitoring.hooks import Hooks
from jobs.monitoring.observers import WatchedRun, observed_by
from pipeline.library import Library
from schemas.errors import ExitCode, UsageError
from schemas.monitoring_settings import HookSettings
from schemas.outcomes import Failed, Stage
from schemas.reasons import FailureReason
from schemas.records import MediaType, PhotoFile
from tests.support import cli
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest


def command(program: str, *arguments: str | Path) -> str:
    return shlex.join([sys.executable, "-S", "-c", program, *map(str, arguments)])


def appending_to(file: Path) -> str:
    return command("import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')", file)


def documents(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def run(tmp_path: Path, settings: HookSettings, photos: int = 2) -> tuple[Any, list[str]]:
    """Ingest photos and a file that fails, with hooks; return the report and the warnings."""
    make_photos(tmp_path / "photos", photos)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    warnings: list[str] = []
    with observed_by([Hooks(settings, warnings.append)]):
        report = ingest(tmp_path / "library", tmp_path / "photos")
    assert (report.done, report.failed) == (photos, 1)
    return report, warnings


@pytest.fixture
def web_hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", received
        server.shutdown()
        thread.join()


def test_the_command_line_calls_hooks_and_writes_metrics(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    told, metrics = tmp_path / "told.jsonl", tmp_path / "sharp.prom"
    ended = cli.run(
        *("ingest", tmp_path / "photos", "--library", tmp_path / "library"),
        *("--model", "small", "--inline", "--metrics-file", metrics),
        *("--run-hook", appending_to(told), "--scene-hook", appending_to(told)),
    )
    assert ended.returncode == ExitCode.SOME_FAILED, ended.stderr
    events = [one["event"] for one in documents(told)]
    assert events == ["run_started", "photo_failed", "run_finished"]
    assert 'sharp_batch_run_photos_total{outcome="failed"} 1.0' in metrics.read_text()


def test_commands_get_one_document_for_each_event(tmp_path: Path) -> None:
    of_runs, of_scenes = tmp_path / "runs.jsonl", tmp_path / "scenes.jsonl"
    settings = HookSettings(appending_to(of_runs), appending_to(of_scenes))
    report, warnings = run(tmp_path, settings)
    assert warnings == []
    started, finished = documents(of_runs)
    assert started["event"] == "run_started"
    assert (finished["event"], finished["report"]["state"]) == ("run_finished", "finished")
    assert finished["report"]["done"] == 2
    told = documents(of_scenes)
    assert sorted(one["event"] for one in told) == ["photo_failed", "scene_done", "scene_done"]
    assert {one["run_id"] for one in (started, finished, *told)} == {report.run_id}
    done = next(one for one in told if one["event"] == "scene_done")
    assert Path(done["splat"]).stat().st_size == done["bytes"]
    failed = next(one for one in told if one["event"] == "photo_failed")
    assert failed["path"] == str(tmp_path / "photos" / "broken.jpg")
    assert failed["reason"]
    assert failed["message"]


def test_a_web_address_gets_them_as_posts(
    tmp_path: Path, web_hook: tuple[str, list[dict[str, Any]]]
) -> None:
    url, received = web_hook
    _, warnings = run(tmp_path, HookSettings(url, url))
    assert warnings == []
    events = [one["event"] for one in received]
    assert events[0] == "run_started"
    assert events[-1] == "run_finished"
    assert len(events) == 5


def test_what_fails_is_a_warning_and_not_each_time(tmp_path: Path) -> None:
    fails = command("import sys; sys.exit('no bell')")
    _, warnings = run(tmp_path, HookSettings("/no/such/program", fails))
    assert sum("a hook has failed" in one for one in warnings) == 3
    assert any("/no/such/program" in one for one in warnings)
    assert any("no bell" in one for one in warnings)
    assert "5 calls of hooks have failed" in warnings


def test_a_hook_that_hangs_is_stopped_and_delays_no_photo(tmp_path: Path) -> None:
    left = tmp_path / "left"
    program = "import sys, time; time.sleep(60); open(sys.argv[1], 'w')"
    settings = HookSettings(scene_hook=command(program, left), hook_timeout=0.3)
    started = time.monotonic()
    _, warnings = run(tmp_path, settings)
    assert time.monotonic() - started < 50  # of the hook's 60 seconds: nothing has waited for it
    assert any("stopped after 0.3 s" in one for one in warnings)
    assert not left.exists()


def test_more_calls_than_wait_are_left_out_and_the_end_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_calls, "_MOST_WAITING", 1)
    of_runs, warnings = tmp_path / "runs.jsonl", list[str]()
    slow = command("import time; time.sleep(0.5)")
    hooks = Hooks(HookSettings(appending_to(of_runs), slow), warnings.append)
    library = Library.resolve(tmp_path / "library")
    hooks.begin(WatchedRun("run", "ingest", library, None))
    file = PhotoFile("0" * 32, "/a.jpg", 1, 1, MediaType.JPEG)
    for _ in range(9):
        hooks.outcome(Failed(file, Stage.DECODE, FailureReason.TRUNCATED, "cut off", "host"))
    hooks.end({"done": 0})
    (left_out,) = warnings
    assert int(left_out.split()[0]) >= 7
    assert [one["event"] for one in documents(of_runs)] == ["run_started", "run_finished"]


@pytest.mark.parametrize(
    "text",
    [
        "https:///secret",
        "https://host:port/secret",
        "https://host/a secret",
        "https://host/\u00e9/secret",
        "https://me:secret@host/x",
    ],
)
def test_addresses_that_cannot_be_called_are_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError, match="--run-hook") as raised:
        HookSettings(run_hook=text)
    assert "secret" not in raised.value.message


@pytest.mark.parametrize("text", ["", "'open", "ftp://host/x", "  "])
def test_what_is_neither_command_nor_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--scene-hook"):
        HookSettings(scene_hook=text)

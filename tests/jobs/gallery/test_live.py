"""What open pages are told, by a real server; and the rate of a run."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.gallery import live
from jobs.gallery.live import RunPace
from pipeline.catalog.run_progress import ActiveRun, is_at_work
from pipeline.library import Library
from schemas.records import RunState
from schemas.tables import utc_now
from tests.support.browser import serving
from tests.support.library_of_records import RUN, add_done, new_catalog
from tests.support.waiting import PATIENCE_SECONDS

PERIOD = "/api/periods"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    library = tmp_path / "library"
    library.mkdir()
    with new_catalog(library) as catalog:
        add(catalog, 0)
        catalog.end_run(RUN, RunState.FINISHED, due=1, done=1, failed=0)
    return library


def add(catalog: Any, number: int) -> None:
    add_done(catalog, f"2020/IMG_{number:03d}.jpg")


@contextlib.contextmanager
def open_page(address: str) -> Iterator[Callable[[Callable[[dict[str, Any]], bool]], Any]]:
    """Give a function that waits for an event."""
    connection = http.client.HTTPConnection(
        address.removeprefix("http://"), timeout=PATIENCE_SECONDS
    )
    connection.request("GET", "/live")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")

    def wait(is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            line = answer.readline()
            assert line, "the events have ended"
            if line.startswith(b"data: "):
                state: dict[str, Any] = json.loads(line[6:])
                if is_wanted(state):
                    return state

    try:
        yield wait
    finally:
        answer.close()
        connection.close()


def get(address: str, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(
        address.removeprefix("http://"), timeout=PATIENCE_SECONDS
    )
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body)


def test_an_open_page_is_told_of_a_run_in_another_process_and_of_its_photos(
    library: Path, tmp_path: Path
) -> None:
    with serving(library, tmp_path / "cache") as address, open_page(address) as wait:
        first = wait(lambda state: True)
        assert (first["run"], first["making"]) == (None, None)
        assert get(address, PERIOD)[1]["periods"] == [["201", 1]]
        with Library.resolve(library).write() as catalog:
            catalog.begin_run("run 2", "ingest", {})
            begun = wait(lambda state: state["run"] is not None)
            assert begun["run"]["left"] is None
            add(catalog, 1)
            catalog.set_progress("run 2", due=10, done=1, failed=1, seconds=4.0)
            told = wait(lambda state: state["run"]["left"] == 8)
            assert told["run"]["per_second"] == 0.5
            assert told["run"]["seconds_left"] == 16
            # A page that connects again, or another one, is told of the same.
            with open_page(address) as other:
                assert other(lambda state: True)["run"]["left"] == 8
            catalog.end_run("run 2", RunState.FINISHED, due=10, done=2, failed=1, seconds=5.0)
            ended = wait(lambda state: state["run"] is None)
        assert ended["content"] != first["content"]
        assert get(address, PERIOD)[1]["periods"] == [["201", 2]]


def test_a_run_whose_process_is_gone_is_not_shown(library: Path) -> None:
    gone = ActiveRun("a", "ingest", socket.gethostname(), 2**22 + 5, utc_now(), 1, 0, 0, 1.0)
    assert not is_at_work(gone, library)
    assert is_at_work(gone._replace(host="another machine"), library)
    assert is_at_work(gone._replace(pid=os.getpid()), library)


def test_a_run_that_has_recorded_nothing_for_long_is_shown_while_it_holds_the_library(
    library: Path,
) -> None:
    began = utc_now() - timedelta(days=1)
    elsewhere = ActiveRun("a", "ingest", "a container", 7, began, 1, 0, 0, 3600.0)
    # The number of the process has another one since.
    restarted = elsewhere._replace(host=socket.gethostname(), pid=os.getpid())
    for run in (elsewhere, restarted):
        assert not is_at_work(run, library)
        assert not is_at_work(run, None)
        with Library.resolve(library).hold("ingest"):
            assert is_at_work(run, library)
    lately = elsewhere._replace(seconds=24 * 3600.0 - 30)
    assert is_at_work(lately, library)
    assert is_at_work(lately, None)


def test_one_client_cannot_have_too_many_pages(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_OF_CLIENT", 2)
    with serving(library, tmp_path / "cache") as address, contextlib.ExitStack() as pages:
        for _ in range(2):
            pages.enter_context(open_page(address))(lambda state: True)
        assert get(address, "/live")[0] == 429


def test_the_rate_is_that_of_the_last_minutes() -> None:
    pace = RunPace()

    def shown(seconds: float, finished: int) -> dict[str, Any]:
        run = ActiveRun("a", "ingest", "", 1, datetime.now(), 1000, finished, 0, seconds)
        found = pace.as_dict(run)
        assert found is not None
        return found

    assert shown(100.0, 100)["per_second"] == 1.0
    for step in range(1, 200):
        last = shown(100.0 + 2 * step, 100 + 4 * step)
    assert last["per_second"] == 2.0
    assert last["seconds_left"] == last["left"] / 2

"""Photos that failed or wait, made on request by a worker process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from jobs.gallery import library_maker, worker_process
from jobs.gallery.app import GallerySettings
from jobs.gallery.make_known import ingest_settings
from pipeline.library import Library
from schemas.choices import Device
from schemas.settings import IngestSettings
from schemas.tables import photos, runs
from tests.support.gallery_client import gallery_client
from tests.support.made_photos import make_photo
from tests.support.relief import ingest_reliefs
from tests.support.whole_library import check_whole

WORKER = "tests.support.quick_worker"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a library of one photo with a scene, one that waits, and one that failed."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in (1, 2):
        make_photo(folder / f"{seed}.jpg", seed)
    whole = make_photo(tmp_path / "whole.jpg", 3).read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    library = tmp_path / "library"
    ingest_reliefs(library, folder / "half.jpg")
    ingest_reliefs(library, folder, settings=IngestSettings(limit=1))
    return library


@pytest.fixture
def client(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(worker_process, "_FIRST_TRY_SECONDS", 0.2)
    settings = GallerySettings(Library.resolve(library), tmp_path / "cache", worker=WORKER)
    with gallery_client(settings) as client:
        yield client


def by_state(library: Path) -> dict[str, str]:
    with Library.resolve(library).read() as connection:
        rows = connection.execute(sa.select(photos.c.state, photos.c.photo_id)).all()
    return {row.state: row.photo_id for row in rows}


def wait(client: TestClient, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + 60
    while True:
        making: dict[str, Any] | None = client.app.state.maker.as_dict()  # type: ignore[attr-defined]
        if making is not None and is_wanted(making):
            return making
        assert time.monotonic() < end, making
        time.sleep(0.05)


def test_photos_are_made_when_no_other_run_holds_the_library(
    client: TestClient, library: Path
) -> None:
    states = by_state(library)
    assert set(states) == {"done", "due", "failed"}
    with Library.resolve(library).hold("a long run"):
        asked = [states["failed"], states["due"], "0" * 32]
        assert client.post("/api/make", json={"photos": asked}).status_code == 202
        waiting = wait(client, lambda making: making["state"] == "waiting")
        assert "a long run" in waiting["error"]
    ended = wait(client, lambda making: making["state"] in ("done", "failed"))
    counts = {name: ended[name] for name in ("made", "failed", "without_file")}
    assert counts == {"made": 1, "failed": 1, "without_file": 1}, ended
    after = by_state(library)
    assert set(after) == {"done", "failed"}
    with Library.resolve(library).read() as connection:
        last = sa.select(runs.c.done, runs.c.failed).order_by(runs.c.started_at.desc()).limit(1)
        assert tuple(connection.execute(last).one()) == (1, 1)
    check_whole(library)


def test_what_is_being_made_can_be_stopped(client: TestClient, library: Path) -> None:
    with Library.resolve(library).hold("a long run"):
        client.post("/api/make", json={"photos": [by_state(library)["due"]]})
        wait(client, lambda making: making["state"] == "waiting")
        client.post("/api/make/stop")
        wait(client, lambda making: making["state"] == "stopped")
    assert "due" in by_state(library)


def test_photos_without_a_file_are_told(client: TestClient, library: Path) -> None:
    (library.parent / "photos" / "half.jpg").unlink()
    client.post("/api/make", json={"photos": [by_state(library)["failed"]]})
    ended = wait(client, lambda making: making["state"] not in ("running", "waiting"))
    assert (ended["state"], "gone" in ended["error"]) == ("failed", True)


def test_nonsense_and_too_much_are_refused(
    client: TestClient, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked in ([], ["x"], ["../" * 10 + "00"], "a", ["0" * 31]):
        assert client.post("/api/make", json={"photos": asked}).status_code == 400
    forged = {"sec-fetch-site": "cross-site"}
    ids = [by_state(library)["due"]]
    assert client.post("/api/make", json={"photos": ids}, headers=forged).status_code == 403
    monkeypatch.setattr(library_maker, "MOST_PHOTOS", 1)
    many = {"photos": ["0" * 32, "1" * 32]}
    assert client.post("/api/make", json=many).status_code == 429


def test_a_read_only_gallery_makes_nothing(library: Path, tmp_path: Path) -> None:
    settings = GallerySettings(Library.resolve(library), tmp_path / "cache", read_only=True)
    with gallery_client(settings) as client:
        assert client.post("/api/make", json={"photos": ["0" * 32]}).status_code == 403
        assert client.post("/api/make/stop").status_code == 403


def test_settings_are_those_of_the_recorded_run() -> None:
    recorded = (
        '{"model": {"model": "small", "device": "cpu", "dtype": "auto", "checkpoint": null}, '
        '"photo": {"focal_35mm": 28.0, "allow_small": true}, "splat": {"format": "spz"}}'
    )
    settings = ingest_settings(recorded)
    assert (settings.model.model, settings.model.device) == ("small", Device.CPU)
    assert settings.photo.allow_small
    assert settings.photo.focal_35mm is None  # the catalog holds it
    assert (settings.splat.format, settings.retry_failed) == ("spz", True)
    assert ingest_settings('{"model": {"of_the_future": 1}}').model == IngestSettings().model

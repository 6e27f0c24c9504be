"""Photos that failed or wait, made on request by a worker process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from jobs.gallery import library_maker, worker_process
from jobs.gallery.app import GallerySettings
from jobs.gallery.make_known import ingest_settings, make_known
from pipeline.flow.model import ResolvedModel
from pipeline.library import Library
from schemas.choices import Device
from schemas.errors import WeightsMissingError
from schemas.records import RunState
from schemas.settings import IngestSettings, ModelSettings
from schemas.tables import photo_paths, photos, runs
from tests.support.gallery_client import gallery_client
from tests.support.made_photos import make_photo
from tests.support.quick_worker import ENDLESS_WIDTH
from tests.support.relief import ReliefModel, ingest_reliefs
from tests.support.waiting import wait_until
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


def value(library: Path, statement: sa.Select[Any]) -> Any:
    with Library.resolve(library).read() as connection:
        return connection.scalar(statement)


def making(client: TestClient) -> dict[str, Any]:
    return client.app.state.maker.as_dict() or {}  # type: ignore[attr-defined]


def wait(client: TestClient, *states: str) -> dict[str, Any]:
    wait_until(lambda: making(client).get("state") in states, lambda: making(client))
    return making(client)


def test_photos_are_made_when_no_other_run_holds_the_library(
    client: TestClient, library: Path
) -> None:
    states = by_state(library)
    assert set(states) == {"done", "due", "failed"}
    with Library.resolve(library).hold("a long run"):
        asked = [states["failed"], states["due"], "0" * 32]
        assert client.post("/api/make", json={"photos": asked}).status_code == 202
        waiting = wait(client, "waiting")
        assert "a long run" in waiting["error"]
    ended = wait(client, "done", "failed")
    counts = {name: ended[name] for name in ("made", "failed", "without_file")}
    assert counts == {"made": 1, "failed": 1, "without_file": 1}, ended
    after = by_state(library)
    assert set(after) == {"done", "failed"}
    with Library.resolve(library).read() as connection:
        last = sa.select(runs).order_by(runs.c.started_at.desc()).limit(1)
        run = connection.execute(last).one()
    assert (run.done, run.failed, json.loads(run.settings)["of_gallery"]) == (1, 1, True)
    check_whole(library)


def test_what_is_being_made_can_be_stopped(client: TestClient, library: Path) -> None:
    with Library.resolve(library).hold("a long run"):
        client.post("/api/make", json={"photos": [by_state(library)["due"]]})
        wait(client, "waiting")
        client.post("/api/make/stop")
        wait(client, "stopped")
    assert "due" in by_state(library)


def test_a_photo_under_way_when_it_is_stopped_has_not_crashed(
    client: TestClient, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "_FINISH_SECONDS", 0.2)
    folder = library.parent / "other"
    make_photo(folder / "1.jpg", 4)
    endless = make_photo(folder / "2.jpg", 5, (ENDLESS_WIDTH, 256))
    ingest_reliefs(library, folder, settings=IngestSettings(limit=1))
    of_path = sa.select(photo_paths.c.photo_id).where(photo_paths.c.path == str(endless))
    photo_id = value(library, of_path)
    client.post("/api/make", json={"photos": [photo_id]})
    last = sa.select(runs.c.under_way).order_by(runs.c.started_at.desc()).limit(1)
    wait_until(lambda: photo_id in (value(library, last) or ""))
    client.post("/api/make/stop")
    client.post("/api/make/stop")
    wait(client, "stopped")
    assert value(library, last) is None
    assert value(library, last.with_only_columns(runs.c.state)) == RunState.INTERRUPTED
    with Library.resolve(library).hold("the next run"):
        pass  # no process is left that holds the library


def test_settings_that_cannot_be_used_stop_no_photos_of_other_runs(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(settings: ModelSettings) -> ResolvedModel:
        if settings.model == "small":
            raise WeightsMissingError.of_model("small")
        return ReliefModel(ModelSettings("small"), "relief-1")

    monkeypatch.setattr("pipeline.flow.model.resolve_model", resolve)
    due, other = by_state(library)["due"], library.parent / "other" / "half.jpg"
    other.parent.mkdir()
    other.write_bytes((library.parent / "photos" / "half.jpg").read_bytes()[:-9])
    small = IngestSettings(ModelSettings("small"))
    ingest_reliefs(library, other, settings=small)
    of_path = sa.select(photo_paths.c.photo_id).where(photo_paths.c.path == str(other))
    failed = value(library, of_path)
    with Library.resolve(library).write() as catalog:
        catalog.begin_run("of a person", "ingest", IngestSettings().as_dict())
        catalog.begin_run("of the gallery", "ingest", {**small.as_dict(), "of_gallery": True})
    result = make_known(str(library), None, [failed, due])
    assert (result["made"], result["not_begun"]) == (1, 1)
    assert "the weights of 'small' are not on this machine" in str(result["error"])
    with pytest.raises(WeightsMissingError):
        make_known(str(library), None, [failed])


def test_messages_are_in_the_language_of_who_asks(client: TestClient, library: Path) -> None:
    assert client.get("/api/make").json() is None
    (library.parent / "photos" / "half.jpg").unlink()
    client.post("/api/make", json={"photos": [by_state(library)["failed"]]})
    wait(client, "failed")
    for language, told in (
        ("en", "The files of these photos are gone."),
        ("de", "Die Dateien dieser Fotos fehlen."),
    ):
        answer = client.get("/api/make", headers={"accept-language": language})
        assert answer.json()["error"] == told


def test_photos_without_a_file_are_told(client: TestClient, library: Path) -> None:
    (library.parent / "photos" / "half.jpg").unlink()
    client.post("/api/make", json={"photos": [by_state(library)["failed"]]})
    ended = wait(client, "done", "failed", "stopped")
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


def test_of_selected_photos_the_missing_scenes_of_their_moments_are_made(
    client: TestClient, library: Path
) -> None:
    states = by_state(library)
    of_moment = photos.c.photo_id.in_((states["done"], states["due"]))
    with Library.resolve(library).note() as connection:
        connection.execute(photos.update().where(of_moment).values(group_id="m", group_rank=0))
    scene = value(library, sa.select(photos.c.scene_id).where(photos.c.state == "done"))
    asked = {"photos": [states["done"], states["failed"]]}
    assert client.post("/api/make-missing", json=asked).json()["photos"] == 2
    ended = wait(client, "done", "failed")
    assert (ended["made"], ended["failed"]) == (1, 1), ended
    assert set(by_state(library)) == {"done", "failed"}
    of_done = sa.select(photos.c.scene_id).where(photos.c.photo_id == states["done"])
    assert value(library, of_done) == scene
    again = client.post("/api/make-missing", json={"photos": [states["done"], states["due"]]})
    assert (again.json()["photos"], again.json()["making"]["number"]) == (0, ended["number"])
    forged = {"sec-fetch-site": "cross-site"}
    assert client.post("/api/make-missing", json=asked, headers=forged).status_code == 403


def test_a_read_only_gallery_makes_nothing(library: Path, tmp_path: Path) -> None:
    settings = GallerySettings(Library.resolve(library), tmp_path / "cache", read_only=True)
    with gallery_client(settings) as client:
        for address in ("/api/make", "/api/make-missing"):
            assert client.post(address, json={"photos": ["0" * 32]}).status_code == 403
        assert "Make now" not in client.get("/").text
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

"""The levels of detail that the gallery sends; other files are tested by their pages."""

from __future__ import annotations

import time

import pytest
from fastapi.testclient import TestClient

from jobs.gallery import media
from jobs.gallery.derived import DerivedKind, FileRequest, derive
from jobs.gallery.reader import LibraryReader
from pipeline.scenes import levels


def scene_ids(client: TestClient) -> list[str]:
    reader: LibraryReader = client.app.state.reader  # type: ignore[attr-defined]
    with reader.catalog() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT scene_id FROM scenes")]


def test_a_scene_that_needs_no_levels_has_none(client: TestClient) -> None:
    answer = client.get(f"/scenes/{scene_ids(client)[0]}/lod-meta.json")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"/scenes/{'0' * 32}/lod-meta.json").status_code == 404


def test_levels_are_told_once_they_are_made(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "WORTH_LEVELS", 100)
    monkeypatch.setattr(levels, "COARSE_GAUSSIANS", 500)
    scene_id = scene_ids(client)[0]
    reader: LibraryReader = client.app.state.reader  # type: ignore[attr-defined]
    made = derive(reader, FileRequest(DerivedKind.LEVELS, scene_id))
    reader.cache.get(made.name, made.make)
    answer = client.get(f"/scenes/{scene_id}/lod-meta.json")
    assert answer.status_code == 200
    meta = answer.json()
    assert meta["filenames"] == [f"/scenes/{scene_id}.sog", f"/scenes/{scene_id}/coarse.sog"]
    assert meta["counts"][1] <= 500 < meta["counts"][0]
    whole, coarse = (client.get(address).content for address in meta["filenames"])
    assert len(coarse) < len(whole) / 3
    assert coarse[:2] == b"PK"


def test_levels_are_made_for_the_next_visit(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "WORTH_LEVELS", 100)
    address = f"/scenes/{scene_ids(client)[1]}/lod-meta.json"
    assert client.get(address).status_code == 204
    for _ in range(600):
        if client.get(address).status_code == 200:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the levels are not made")

"""Downloads of many photos: what is in the archive, what is told, and what is refused."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from starlette.types import ASGIApp, Message

from jobs.gallery import zip_orders
from jobs.gallery.app import GallerySettings, make_gallery_app
from jobs.gallery.zip_orders import ZipOrder, ZipOrders
from jobs.gallery.zip_stream import OpenFile, open_file
from pipeline.library import Library
from sharp_core.formats.registry import read_scene
from tests.support.gallery_client import gallery_client
from tests.support.made_photos import make_photo
from tests.support.relief import ingest_reliefs


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library of three photos, two of which have the same name but for case."""
    root = tmp_path_factory.mktemp("zips")
    for name, seed in (("a/Été.jpg", 1), ("b/ÉTÉ.JPG", 2), ("b/other.jpg", 3)):
        path = root / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make_photo(path, seed)
    ingest_reliefs(root / "library", root / "photos")
    return root / "library"


@pytest.fixture(scope="module")
def client(library: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    cache = tmp_path_factory.mktemp("cache")
    with gallery_client(GallerySettings(Library.resolve(library), cache)) as client:
        yield client


def ids(client: TestClient) -> dict[str, str]:
    photos = client.get("/api/photos?period=undated").json()["photos"]
    if not photos:
        (period, _), *_ = client.get("/api/periods").json()["periods"]
        photos = client.get(f"/api/photos?period={period}").json()["photos"]
    return {photo[4]: photo[0] for photo in photos}


def archive(
    client: TestClient, photos: list[str], what: str, language: str = "en"
) -> zipfile.ZipFile:
    answer = client.post(
        "/api/zips", json={"photos": photos, "what": what}, headers={"accept-language": language}
    )
    assert answer.status_code == 201, answer.text
    sent = client.get(answer.json()["href"])
    assert sent.status_code == 200
    assert sent.headers["content-type"] == "application/zip"
    assert sent.headers["content-disposition"].endswith("library.zip")
    found = zipfile.ZipFile(io.BytesIO(sent.content))
    assert found.testzip() is None
    return found


def test_originals_keep_their_names_and_bytes(client: TestClient, library: Path) -> None:
    photos = ids(client)
    assert len(photos) == 3
    found = archive(client, list(photos.values()), "originals")
    folder = library.parent / "photos"
    whole = {path.read_bytes() for path in folder.rglob("*.*")}
    assert {found.read(name) for name in found.namelist()} == whole
    names = {name.casefold() for name in found.namelist()}
    assert len(names) == 3
    assert {"Été.jpg", "ÉTÉ (2).JPG", "other.jpg"} & set(found.namelist())
    assert "other.jpg" in names


def test_scenes_and_exports_are_made_on_the_way(client: TestClient) -> None:
    photo = ids(client)["other.jpg"]
    scene = archive(client, [photo], "splat:spz")
    assert scene.namelist() == ["other.spz"]
    assert (
        len(read_scene(io.BytesIO(scene.read("other.spz")), format_name="spz").gaussians) == 32_768
    )
    stereo = archive(client, [photo], "export:sbs")
    (name,) = stereo.namelist()
    assert name.startswith("other")
    width, height = Image.open(io.BytesIO(stereo.read(name))).size
    assert width > height


def test_what_is_missing_is_listed_in_the_archive(client: TestClient, tmp_path: Path) -> None:
    photo = (
        make_photo(tmp_path / "photos" / "gone.jpg", 5)
        if (tmp_path / "photos").mkdir() is None
        else None
    )
    assert photo is not None
    ingest_reliefs(tmp_path / "library", tmp_path / "photos")
    photo.write_bytes(b"something else")
    with gallery_client(
        GallerySettings(Library.resolve(tmp_path / "library"), tmp_path / "cache")
    ) as own:
        (photo_id,) = ids(own).values()
        found = archive(own, [photo_id, "0" * 32], "originals", "de")
        assert found.namelist() == ["nicht enthalten.txt"]
        text = found.read("nicht enthalten.txt").decode()
        assert text.startswith("Diese Dateien")
        assert "gone.jpg: " in text
        assert "0" * 32 in text
        assert own.get(f"/photos/{photo_id}/original").status_code == 404


def test_the_original_of_one_photo_is_a_download(client: TestClient, library: Path) -> None:
    photo = ids(client)["other.jpg"]
    answer = client.get(f"/photos/{photo}/original")
    assert answer.content == (library.parent / "photos" / "b" / "other.jpg").read_bytes()
    assert "other.jpg" in answer.headers["content-disposition"]
    assert client.head(f"/photos/{photo}/original").headers["content-length"] == str(
        len(answer.content)
    )


def test_the_choices_are_those_that_one_photo_has(client: TestClient) -> None:
    groups = client.get("/api/zip-choices", headers={"accept-language": "de"}).json()
    assert groups[0]["choices"] == [{"value": "originals", "label": "Originalfotos"}]
    values = [choice["value"] for group in groups for choice in group["choices"]]
    page = client.get(f"/photos/{ids(client)['other.jpg']}").text
    kinds = [value.partition(":")[2] for value in values if value.startswith("export:")]
    assert kinds
    assert all(f"/exports/{kind}" in page for kind in kinds)


def test_orders_are_checked(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = ids(client)["other.jpg"]
    wrong = [
        {"photos": [], "what": "originals"},
        {"photos": ["../../etc/passwd"], "what": "originals"},
        {"photos": [photo], "what": "splat:exe"},
        {"photos": [photo], "what": "export:nothing"},
        {"photos": [photo], "what": "coarse"},
        {"photos": [photo]},
        {"photos": ["0" * 32] * 10_001, "what": "originals"},
    ]
    for order in wrong:
        assert client.post("/api/zips", content=json.dumps(order)).status_code in (400, 422), order
    order = {"photos": [photo], "what": "originals"}
    forged = {"sec-fetch-site": "cross-site"}
    assert client.post("/api/zips", json=order, headers=forged).status_code == 403
    assert client.get(f"/zips/{'0' * 32}").status_code == 404
    monkeypatch.setattr(zip_orders, "_OF_CLIENT_AT_ONCE", 0)
    assert client.post("/api/zips", json=order).status_code == 429


async def status_of(app: ASGIApp, path: str) -> int:
    """Return the status of a GET; clients of tests wait for each answer before they ask again."""
    statuses: list[int] = []

    async def receive() -> Message:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    scope = {
        **{"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http"},
        **{"path": path, "raw_path": path.encode(), "query_string": b""},
        **{"headers": [(b"host", b"127.0.0.1:7860")], "client": ("127.0.0.1", 1)},
    }
    await app(scope, receive, send)
    return statuses[0]


def test_downloads_of_one_order_are_counted_when_they_begin(library: Path, tmp_path: Path) -> None:
    async def statuses() -> list[int]:
        app = make_gallery_app(GallerySettings(Library.resolve(library), tmp_path))
        orders: ZipOrders = app.state.zips
        path = f"/zips/{orders.add(ZipOrder(('0' * 32,), None, '', '127.0.0.1', 'en'))}"
        tokens = [object() for _ in range(int(orders.limiter.total_tokens))]
        for token in tokens:  # no archive can go on
            orders.limiter.acquire_on_behalf_of_nowait(token)
        tasks = [asyncio.create_task(status_of(app, path)) for _ in range(5)]
        async with asyncio.timeout(60):
            while sum(task.done() for task in tasks) < 3:
                await asyncio.sleep(0.01)
            for token in tokens:
                orders.limiter.release_on_behalf_of(token)
            return await asyncio.gather(*tasks)

    assert sorted(asyncio.run(statuses())) == [200, 200, 429, 429, 429]


def test_a_file_that_cannot_be_opened_is_listed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> OpenFile:
        if path.name == "other.jpg":
            raise PermissionError(path)
        return open_file(path)

    monkeypatch.setattr(zip_orders, "open_file", refuse)
    found = archive(client, list(ids(client).values()), "originals")
    assert len(found.namelist()) == 3
    assert "other.jpg: The file cannot be read." in found.read("not included.txt").decode()


def test_old_orders_make_room(client: TestClient) -> None:
    order = {"photos": [ids(client)["other.jpg"]], "what": "originals"}
    hrefs = [client.post("/api/zips", json=order).json()["href"] for _ in range(10)]
    assert client.get(hrefs[0]).status_code == 404
    assert client.get(hrefs[-1]).status_code == 200

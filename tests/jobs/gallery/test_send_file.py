from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from jobs.gallery.app import GallerySettings
from jobs.gallery.send_file import attachment
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.exports.registry import KINDS, is_possible
from pipeline.library import Library
from schemas.tables import artifacts
from sharp_core.formats.registry import formats_written_here, read_scene
from tests.support.gallery_client import gallery_client
from tests.support.relief import COLUMNS, ROWS


@pytest.fixture(scope="module")
def photo_id(client: TestClient) -> str:
    rows = client.get("/api/photos", params={"period": "undated"}).json()["photos"]
    return str(rows[0][0])


@pytest.fixture(scope="module")
def scene_id(client: TestClient, photo_id: str) -> str:
    found = re.search(r"/scenes/([0-9a-f]{32})", client.get(f"/photos/{photo_id}").text)
    assert found
    return found[1]


def test_a_thumbnail_is_immutable(client: TestClient, photo_id: str) -> None:
    answer = client.get(f"/thumbs/{photo_id}.webp")
    assert Image.open(io.BytesIO(answer.content)).format == "WEBP"
    assert "immutable" in answer.headers["cache-control"]


def test_a_cached_file_is_not_sent_again(client: TestClient, scene_id: str) -> None:
    path = f"/scenes/{scene_id}.sog"
    whole = client.get(path)
    tag = whole.headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}'):
        again = client.get(path, headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_byte_ranges_are_sent(client: TestClient, scene_id: str) -> None:
    path = f"/scenes/{scene_id}.ply"
    whole = client.get(path).content
    for asked, part in (
        ("bytes=0-9", whole[:10]),
        ("bytes=100-", whole[100:]),
        ("bytes=-7", whole[-7:]),
        (f"bytes=5-{len(whole) * 2}", whole[5:]),
    ):
        answer = client.get(path, headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, part)
        assert answer.headers["content-range"].endswith(f"/{len(whole)}")
    beyond = client.get(path, headers={"range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    changed = client.get(path, headers={"range": "bytes=0-9", "if-range": '"other"'})
    assert (changed.status_code, len(changed.content)) == (200, len(whole))


@pytest.mark.parametrize("asked", ["bytes=9-2", "bytes=a-b", "lines=0-9", "bytes=-", "bytes=0-9,x"])
def test_invalid_byte_ranges_are_handled(client: TestClient, scene_id: str, asked: str) -> None:
    answer = client.get(f"/scenes/{scene_id}.sog", headers={"range": asked})
    assert answer.status_code in (200, 206, 400, 416)


def test_head_has_the_headers_of_get(client: TestClient, photo_id: str, scene_id: str) -> None:
    for path in ("/", "/places", f"/photos/{photo_id}", "/api/choices", "/make", "/api/jobs"):
        head, get = client.head(path), client.get(path, headers={"accept-encoding": "identity"})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
    for path in (f"/thumbs/{photo_id}.webp", f"/scenes/{scene_id}.sog", "/static/gallery.css"):
        head, get = client.head(path), client.get(path, headers={"accept-encoding": "identity"})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == get.headers["etag"]
        assert head.headers["accept-ranges"] == "bytes"


def test_every_format_is_the_scene(client: TestClient, scene_id: str) -> None:
    for name in [entry.name for entry in formats_written_here()]:
        answer = client.get(f"/scenes/{scene_id}.{name}?download=true")
        stored = read_scene(io.BytesIO(answer.content), format_name=name)
        assert len(stored.gaussians) == ROWS * COLUMNS
        assert stored.info is None or stored.info.width == 600
        assert f"coffee.{name}" in answer.headers["content-disposition"]


def test_exports_are_made_on_demand(client: TestClient, photo_id: str) -> None:
    page = client.get(f"/photos/{photo_id}").text
    kinds = re.findall(rf"/photos/{photo_id}/exports/([a-z0-9-]+)", page)
    written = {entry.name for entry in formats_written_here()}
    of_one_file = {kind.name for kind in KINDS if is_possible(kind) and not kind.parts}
    assert set(kinds) | written | {"html"} == of_one_file
    for kind in ("sbs", "depth", "mpo"):
        answer = client.get(f"/photos/{photo_id}/exports/{kind}")
        assert answer.status_code == 200
        assert Image.open(io.BytesIO(answer.content)).width == 600 * (2 if kind == "sbs" else 1)
        assert "coffee" in answer.headers["content-disposition"]
    for path in (f"{photo_id}/exports/exe", f"{'0' * 32}/exports/sbs", "x/exports/sbs"):
        assert client.get(f"/photos/{path}").status_code in (400, 404)


def test_exports_outside_the_library_are_not_offered(
    gallery_library: Path, tmp_path: Path, photo_id: str
) -> None:
    library = tmp_path / "library"
    shutil.copytree(gallery_library, library)
    engine = open_database(find_catalog(library))
    with engine.begin() as connection:
        outside = str(tmp_path / "a.mp4")
        connection.execute(artifacts.update().values(kind="export:mp4", path=outside))
    engine.dispose()
    with gallery_client(GallerySettings(Library.resolve(library), tmp_path / "cache")) as client:
        assert "/artifacts/" not in client.get(f"/photos/{photo_id}").text


def test_a_converted_scene_is_kept(gallery_library: Path, tmp_path: Path, scene_id: str) -> None:
    cache = tmp_path / "other"
    names = [entry.name for entry in formats_written_here()]
    other = next(name for name in names if not list(gallery_library.rglob(f"*.{name}")))
    with gallery_client(GallerySettings(Library.resolve(gallery_library), cache)) as client:
        first = client.get(f"/scenes/{scene_id}.{other}")
        (kept,) = cache.iterdir()
        before = kept.stat().st_ino
        assert client.get(f"/scenes/{scene_id}.{other}").content == first.content
        assert kept.stat().st_ino == before


def test_the_large_image_matches_the_photo(client: TestClient, photo_id: str) -> None:
    picture = Image.open(io.BytesIO(client.get(f"/pictures/{photo_id}.webp").content))
    assert picture.size == (600, 400)


def test_the_clip_is_sent(client: TestClient, photo_id: str) -> None:
    found = re.search(r'src="(/artifacts/[0-9a-f]{32})"', client.get(f"/photos/{photo_id}").text)
    assert found
    answer = client.get(found[1])
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content[4:8] == b"ftyp"
    download = client.get(f"{found[1]}?download=true").headers["content-disposition"]
    assert "coffee%20clip.mp4" in download


def test_a_download_may_have_a_name_that_is_not_utf_8() -> None:
    assert (
        attachment("café caf\udce9.jpg") == "attachment; filename*=utf-8''caf%C3%A9%20caf%5Cxe9.jpg"
    )


def test_unknown_ids_are_not_found(client: TestClient) -> None:
    for path in ("/thumbs/{}.webp", "/pictures/{}.webp", "/scenes/{}.sog", "/artifacts/{}"):
        assert client.get(path.format("0" * 32)).status_code == 404

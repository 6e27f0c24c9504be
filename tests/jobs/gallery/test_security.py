from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from jobs.gallery.app import GallerySettings
from jobs.gallery.security import AccessPolicy, is_loopback
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.library import Library
from schemas.tables import artifacts, photos, scenes
from tests.support.gallery_client import gallery_client
from tests.support.relief import ingest_reliefs

TOKEN = "f" * 24


def first_id(client: TestClient) -> str:
    rows = client.get("/api/photos", params={"period": "undated"}).json()["photos"]
    assert rows
    return str(rows[0][0])


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "192.168.0.7", "", "[::2]"],
)
def test_requests_with_other_host_names_are_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/api/photos?period=undated", "/static/gallery.css"):
        assert client.get(path, headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860"])
def test_requests_with_local_host_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:7860"},
    ],
)
def test_posts_from_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/api/jobs?name=a.jpg&model=small", f"/api/jobs/{'0' * 32}/cancel"):
        answer = client.post(path, content=b"\xff\xd8\xff", headers=headers)
        assert answer.status_code == 403
    assert client.get("/api/jobs").json() == []


def test_without_fetch_metadata_the_origin_header_decides(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(client.headers, "sec-fetch-site")
    path = f"/api/jobs/{'0' * 32}/cancel"
    for origin in (None, "null", "http://evil.example", "https://127.0.0.1:7860"):
        assert client.post(path, headers={"origin": origin} if origin else {}).status_code == 403
    assert client.post(path, headers={"origin": "http://127.0.0.1:7860"}).status_code == 404


TRAVERSALS = [
    "../catalog.sqlite",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "..\\..\\catalog.sqlite",
    "a%00b",
    "%c0%ae%c0%ae/passwd",
    "gallery.css%00.js",
]


@pytest.mark.parametrize(
    "pattern",
    [
        "/thumbs/{}.webp",
        "/pictures/{}.webp",
        "/scenes/{}.sog",
        "/scenes/{}/page.html",
        "/artifacts/{}",
        "/static/{}",
        "/viewer/{}",
        "/photos/{}",
        "/made/{}",
        "/made/{}/scene.ply",
        "/made/{}/picture.webp",
    ],
)
def test_no_path_leads_out_of_the_library(client: TestClient, pattern: str) -> None:
    for evil in TRAVERSALS:
        answer = client.get(pattern.format(evil))
        assert answer.status_code in (400, 404)
        assert b"root:" not in answer.content
        assert b"SQLite" not in answer.content


@pytest.mark.parametrize("name", ["../../x", "ply/../../x", "exe", "sog%00", "..%2fsog"])
def test_unknown_formats_are_not_found(client: TestClient, name: str) -> None:
    scene_id = client.get(f"/photos/{first_id(client)}").text.split("/scenes/")[1][:32]
    assert client.get(f"/scenes/{scene_id}.{name}").status_code in (400, 404)


def test_catalog_paths_outside_the_library_are_refused(tmp_path: Path, sample_photos: Path) -> None:
    library = tmp_path / "library"
    ingest_reliefs(library, sample_photos / "coffee.png")
    secret = tmp_path / "secret.webp"
    secret.write_bytes(b"secret")
    (library / "link.webp").symlink_to(secret)
    engine = open_database(find_catalog(library))
    for path in ("../secret.webp", str(secret), "link.webp"):
        with engine.begin() as connection:
            connection.execute(photos.update().values(thumb_path=path))
            connection.execute(artifacts.update().values(path=path))
            connection.execute(scenes.update().values(splat_path=path))
            ids = connection.execute(
                sa.select(photos.c.photo_id, scenes.c.scene_id, artifacts.c.artifact_id).where(
                    photos.c.photo_id == scenes.c.photo_id,
                    photos.c.photo_id == artifacts.c.photo_id,
                )
            ).one()
        with gallery_client(
            GallerySettings(Library.resolve(library), tmp_path / "cache")
        ) as client:
            for address in (
                f"/thumbs/{ids[0]}.webp",
                f"/scenes/{ids[1]}.ply",
                f"/scenes/{ids[1]}.sog",
                f"/artifacts/{ids[2]}",
            ):
                answer = client.get(address)
                assert answer.status_code == 404
                assert b"secret" not in answer.content.replace(b"secret.webp", b"")
    engine.dispose()


FIELDS = ("text", "camera", "lens", "model", "after", "before", "near", "where", "order", "period")


@pytest.mark.parametrize(
    "evil",
    [
        "' OR 1=1 --",
        "x'; DROP TABLE photos; --",
        '" UNION SELECT sql FROM sqlite_master --',
        "%' OR 'a'='a",
        "load_extension('x')",
        "a\0b",
        "\\",
        "x" * 5000,
        "\udcff",
    ],
)
def test_sql_in_filters_selects_nothing(client: TestClient, evil: str) -> None:
    for field in FIELDS:
        parameters = {"period": "undated", field: evil.encode("utf-8", "surrogateescape")}
        answer = client.get("/api/photos", params=parameters)
        if field in ("where", "order"):  # no filters of a page: nothing looks at them
            assert len(answer.json()["photos"]) == 1
        else:
            assert answer.status_code in (400, 422) or answer.json()["photos"] == []
    assert client.get("/").status_code == 200


def test_every_response_has_a_content_security_policy(client: TestClient) -> None:
    for path in ("/", "/nothing", "/static/library.js", "/api/jobs"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    refused = client.get("/", headers={"host": "evil.example"})
    assert "content-security-policy" in refused.headers


def test_file_names_are_escaped_in_pages(client: TestClient) -> None:
    page = client.get("/problems?state=failed").text
    assert "cut off &lt;b&gt;.jpg" in page
    assert "<b>.jpg" not in page


@pytest.fixture
def guarded(gallery_library: Path, tmp_path: Path) -> TestClient:
    access = AccessPolicy(frozenset({"gallery.lan"}), TOKEN)
    client = gallery_client(
        GallerySettings(Library.resolve(gallery_library), tmp_path / "cache", access=access)
    )
    client.base_url = "http://192.168.0.7:7860"
    return client


def test_other_machines_need_the_token(guarded: TestClient) -> None:
    with guarded as client:
        for path in ("/", "/?token=wrong", "/static/library.js", "/api/jobs", "/?token="):
            answer = client.get(path)
            assert answer.status_code == 401
            assert "set-cookie" not in answer.headers
        assert client.post(f"/api/jobs?name=a&model=small&token={TOKEN}").status_code == 401
        cookie = {"cookie": f"sharp-batch-gallery-7860={'g' * 24}"}
        assert client.get("/", headers=cookie).status_code == 401
        bearer = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/", headers=bearer).status_code == 200


def test_the_token_in_the_address_becomes_a_cookie(guarded: TestClient) -> None:
    with guarded as client:
        answer = client.get(f"/?camera=x&token={TOKEN}")
        assert answer.status_code == 303
        assert answer.headers["location"] == "./?camera=x"
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=Lax" in answer.headers["set-cookie"]
        assert client.get("/").status_code == 200
        assert client.get("/", headers={"host": "evil.example"}).status_code == 421
        assert client.get("/", headers={"host": "gallery.lan:7860"}).status_code == 200


def test_the_token_never_stays_in_the_address(guarded: TestClient) -> None:
    with guarded as client:
        for _ in range(2):  # also where the cookie is set already
            answer = client.get(f"/photos/{'0' * 32}?token={TOKEN}&text=a")
            assert answer.status_code == 303
            assert answer.headers["location"] == f"./../photos/{'0' * 32}?text=a"


def test_galleries_on_one_host_have_cookies_of_their_own(guarded: TestClient) -> None:
    with guarded as client:
        names = set()
        for host in ("192.168.0.7:7860", "192.168.0.7:7861", "192.168.0.7", "[fe80::1]:7860"):
            answer = client.get(f"/?token={TOKEN}", headers={"host": host})
            names.add(answer.headers["set-cookie"].split("=")[0])
        assert names == {f"sharp-batch-gallery{end}" for end in ("-7860", "-7861", "")}


def test_a_person_without_the_token_gets_a_page_with_a_field(guarded: TestClient) -> None:
    page = {"accept": "text/html"}
    with guarded as client:
        asked = client.get("/places?text=<b>", headers=page)
        assert asked.status_code == 401
        assert 'value="/places?text=%3Cb%3E"' in asked.text
        assert 'name="token"' in asked.text
        assert client.get("/static/gallery.css").status_code == 200
        wrong = client.post("/sign-in", data={"token": "no", "to": "/places"}, headers=page)
        assert (wrong.status_code, "not the token" in wrong.text) == (401, True)
        assert 'value="/places"' in wrong.text
        other = {"sec-fetch-site": "cross-site"}
        form = {"token": f" {TOKEN} ", "to": "/places?text=a"}
        assert client.post("/sign-in", data=form, headers=other).status_code == 403
        right = client.post("/sign-in", data=form, headers=page)
        assert right.status_code == 303
        assert right.headers["location"] == "./places?text=a"
        assert client.get("/places").status_code == 200
        for to in ("//evil.example/x", "https://evil.example", "/\\evil.example", ""):
            answer = client.post("/sign-in", data={"token": TOKEN, "to": to})
            assert answer.headers["location"].startswith("./")
        assert client.post("/sign-in", content=b"x" * 5000).status_code == 413


@pytest.mark.parametrize("path", ["//evil.example/", "/%0d%0aset-cookie:a=b", "/\\evil.example"])
def test_the_redirect_after_the_token_stays_on_this_host(guarded: TestClient, path: str) -> None:
    with guarded as client:
        answer = client.get(f"{path}?token={TOKEN}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("./")
        assert answer.headers.get_list("set-cookie")[0].startswith("sharp-batch-gallery-7860=")


def test_loopback_hosts_are_recognised() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.168.0.7", "example.org", ""]))

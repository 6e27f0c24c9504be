"""What a visitor with a link can see, and each way around it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from jobs.gallery.app import GallerySettings
from jobs.gallery.security import COOKIE, AccessPolicy
from pipeline.catalog.shares import add_share, list_shares, revoke_shares
from pipeline.library import Library
from pipeline.scan.name_rules import PHOTO_SUFFIXES
from schemas.tables import artifacts, photos, utc_now
from tests.support.gallery_client import gallery_client
from tests.support.paths import ROOT

OWNER = "f" * 24
PAGE = {"accept": "text/html"}


@dataclass(frozen=True)
class Visit:
    """A visitor of a gallery that asks for a token, with a link of one of its two photos."""

    client: TestClient
    library: Library
    link: str
    share_id: str
    photo_id: str
    other_id: str
    scene_id: str
    other_scene_id: str

    def status(self, path: str, method: str = "GET", **headers: str) -> int:
        return self.client.request(method, path, headers=headers).status_code

    def change(self, statement: sa.Update) -> None:
        with self.library.note() as connection:
            connection.execute(statement)


@pytest.fixture(scope="module")
def library(gallery_library: Path) -> Library:
    return Library.resolve(gallery_library)


@pytest.fixture(scope="module")
def client(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    access = AccessPolicy(frozenset({"photos.home"}), OWNER)
    settings = GallerySettings(library, tmp_path_factory.mktemp("cache"), access)
    with gallery_client(settings) as client:
        yield client


@pytest.fixture
def visit(client: TestClient, library: Library) -> Iterator[Visit]:
    with library.note() as connection:
        done = connection.execute(
            sa.select(photos.c.photo_id, photos.c.scene_id)
            .where(photos.c.state == "done")
            .order_by(photos.c.photo_id)
        ).all()
        (one, scene), (other, other_scene) = done
        share, token = add_share(connection, [one], "Secret", downloads=False, expires_at=None)
    client.cookies.clear()
    link = f"/shared/{token}/"
    yield Visit(client, library, link, share.share_id, one, other, scene, other_scene)
    with library.note() as connection:
        revoke_shares(connection, [found.share.share_id for found in list_shares(connection)])


def test_a_visitor_sees_the_photo_its_scene_and_what_the_page_needs(visit: Visit) -> None:
    page = visit.client.get(visit.link, headers=PAGE)
    assert page.status_code == 200
    assert "Secret" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"  # the token goes to nobody else
    rows = json.loads(
        visit.client.get(f"{visit.link}photos.js").text.split("=", 1)[1].rstrip(";\n")
    )
    assert [row[0] for row in rows] == [visit.photo_id]
    for name in (".thumb.webp", ".webp", ".sog"):
        path = f"{visit.link}photos/{visit.photo_id}{name}"
        for method in ("GET", "HEAD"):
            assert visit.status(path, method) == 200, path
    for path in set(re.findall(r'(?:src|href)="(/[^"]+)"', page.text)):
        assert visit.status(path) == 200, path


def test_a_visitor_sees_no_other_photo_of_the_library(visit: Visit) -> None:
    for name in (".thumb.webp", ".webp", ".sog", ".html"):
        assert visit.status(f"{visit.link}photos/{visit.other_id}{name}") == 404
        assert visit.status(f"{visit.link}photos/{'0' * 32}{name}") == 404
    # An id of a scene is not one of a photo.
    assert visit.status(f"{visit.link}photos/{visit.scene_id}.sog") == 404


def test_a_visitor_sees_nothing_else_of_the_gallery(visit: Visit) -> None:
    with visit.library.read() as connection:
        artifact_id = connection.scalar(sa.select(artifacts.c.artifact_id))
    addresses = [
        *("/", "/best", "/places", "/make", "/show", "/problems", "/shares", "/metrics"),
        *("/api/photos?period=undated", "/api/choices", "/api/slides", "/api/jobs"),
        f"/photos/{visit.photo_id}",
        f"/thumbs/{visit.photo_id}.webp",
        f"/pictures/{visit.photo_id}.webp",
        f"/scenes/{visit.scene_id}.sog",
        f"/scenes/{visit.scene_id}/page.html",
        f"/photos/{visit.photo_id}/exports/sbs",
        f"/api/slides/{visit.photo_id}",
        f"/artifacts/{artifact_id}",
        "/static/library.js",
        "/viewer/land.txt",
    ]
    token = visit.link.split("/")[2]
    assert visit.status(visit.link) == 200
    for path in addresses:
        for headers in (
            {},
            {"authorization": f"Bearer {token}"},
            {"cookie": f"{COOKIE}-7860={token}"},
            {"referer": f"http://127.0.0.1:7860{visit.link}"},
        ):
            assert visit.status(path, **headers) == 401, path
        joined = f"{path}{'&' if '?' in path else '?'}token={token}"
        assert visit.status(joined) == 401, path
    assert "set-cookie" not in visit.client.get(visit.link).headers


@pytest.mark.parametrize(
    "path",
    [
        "..%2f{other}",
        "%2e%2e/{other}/",
        "%2e%2e/%2e%2e/photos/{other}",
        "photos/../../../photos/{other}",
        "photos/{photo}.webp/../{other}.webp",
        "photos/..%2f..%2fcatalog.sqlite",
        "photos/{photo}.ply",
        "photos/{photo}.webp%00.sog",
        "photos/",
        "photos.json",
        "exports/sbs",
        "api/shares",
    ],
)
def test_no_address_below_a_link_leads_elsewhere(visit: Visit, path: str) -> None:
    address = visit.link + path.format(photo=visit.photo_id, other=visit.other_id)
    assert visit.status(address) in (400, 401, 404)


def test_a_visitor_changes_nothing(visit: Visit) -> None:
    for path in (
        "/api/shares",
        f"/api/shares/{visit.share_id}/revoke",
        "/api/favorites",
        "/api/jobs?name=a.jpg&model=small",
    ):
        assert visit.status(path, "POST") == 401
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in (visit.link, f"{visit.link}photos/{visit.photo_id}.webp"):
            assert visit.status(path, method) in (401, 403, 405)
    assert visit.status(visit.link) == 200


def test_other_tokens_and_forms_of_the_address_open_nothing(visit: Visit) -> None:
    token = visit.link.split("/")[2]
    for wrong in ("a" * 32, token.swapcase(), token[:-1], token + "a", visit.share_id, OWNER, "x"):
        assert visit.status(f"/shared/{wrong}/") in (400, 404)
    for path in (f"/Shared/{token}/", f"//shared/{token}/"):
        assert visit.status(path) in (401, 404)
    assert visit.status(visit.link, host="evil.example") == 421
    short = visit.client.get(visit.link.rstrip("/"))
    assert (short.status_code, short.headers["location"][-len(visit.link) :]) == (307, visit.link)


def test_the_link_alone_never_asks_for_the_owners_token(visit: Visit) -> None:
    answer = visit.client.get(f"/shared/{'a' * 32}/", headers=PAGE)
    assert answer.status_code == 404
    assert "token" not in answer.text
    assert visit.library.root.name not in answer.text.replace("gallery.css", "")  # type: ignore[union-attr]
    assert "<nav" not in answer.text


def test_a_link_that_is_over_or_revoked_shows_nothing(visit: Visit) -> None:
    past = utc_now() - timedelta(seconds=1)
    with visit.library.note() as connection:
        _, over = add_share(connection, [visit.photo_id], "Over", downloads=True, expires_at=past)
        revoke_shares(connection, [visit.share_id])
    for link in (f"/shared/{over}/", visit.link):
        for path in ("", "photos.js", f"photos/{visit.photo_id}.webp"):
            assert visit.status(f"{link}{path}") == 404


def test_a_photo_that_is_hidden_later_is_shown_no_more(visit: Visit) -> None:
    path = f"{visit.link}photos/{visit.photo_id}.thumb.webp"
    this = photos.update().where(photos.c.photo_id == visit.photo_id)
    visit.change(this.values(hidden=True))
    try:
        assert visit.status(path) == 404
    finally:
        visit.change(this.values(hidden=None))
    assert visit.status(path) == 200


def test_a_visitor_is_told_nothing_of_a_catalog_that_fails(visit: Visit) -> None:
    def rename(old: str, new: str) -> None:
        with visit.library.note() as connection:
            connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename("share_photos", "gone")
    try:
        answers = [
            visit.client.get(f"{visit.link}photos.js", headers=headers) for headers in ({}, PAGE)
        ]
    finally:
        rename("gone", "share_photos")
    said = "There is nothing to see at this address, or not now."
    assert [answer.status_code for answer in answers] == [500, 500]
    assert answers[0].json() == {"error": said, "hint": None}
    assert f"<h1>{said}</h1>" in answers[1].text
    assert str(visit.library) not in answers[1].text


def test_a_visitor_sees_the_day_and_no_caption(visit: Visit) -> None:
    this = photos.update().where(photos.c.photo_id == visit.photo_id)
    with visit.library.read() as connection:
        query = sa.select(photos.c.caption, photos.c.taken_at)
        caption, taken_at = connection.execute(
            query.where(photos.c.photo_id == visit.photo_id)
        ).one()
    visit.change(this.values(caption="A secret", taken_at=datetime(2024, 5, 3, 18, 41)))
    try:
        script = visit.client.get(f"{visit.link}photos.js").text
    finally:
        visit.change(this.values(caption=caption, taken_at=taken_at))
    assert "2024-05-03T00:00" in script
    assert "A secret" not in script


def test_names_of_downloads_lose_the_suffix_of_a_photo_and_nothing_else() -> None:
    script = (ROOT / "viewer" / "src" / "album.js").read_text()
    suffix = re.compile(re.findall(r"PHOTO_SUFFIX =\s+/(.+)/i;", script)[0], re.IGNORECASE)
    assert {suffix.sub("", f"a{one}") for one in PHOTO_SUFFIXES} == {"a"}
    assert suffix.sub("", "Dr. Smith at home") == "Dr. Smith at home"


def test_files_are_offered_only_if_the_owner_says_so(visit: Visit) -> None:
    page = f"photos/{visit.photo_id}.html"
    assert 'data-downloads="[]"' in visit.client.get(visit.link).text
    assert visit.status(visit.link + page) == 404
    with visit.library.note() as connection:
        _, token = add_share(connection, [visit.photo_id], "Files", downloads=True, expires_at=None)
    assert "photos/{id}.html" in visit.client.get(f"/shared/{token}/").text
    answer = visit.client.get(f"/shared/{token}/{page}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]


def test_the_owner_needs_no_link(visit: Visit) -> None:
    assert visit.status("/shares", authorization=f"Bearer {OWNER}") == 200

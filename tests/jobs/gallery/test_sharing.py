"""Links for others: how the owner makes and revokes them, in the gallery and in the terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from jobs.cli import make_command_line
from jobs.gallery.app import GallerySettings
from jobs.gallery.security import AccessPolicy
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.tables import photos
from tests.support.gallery_client import gallery_client
from tests.support.viewer_pictures import READY


@pytest.fixture(autouse=True)
def no_links_before_and_after(gallery_library: Path) -> Iterator[None]:
    yield
    command_line("revoke", "--all", "--library", str(gallery_library))


def command_line(*arguments: str) -> None:
    make_command_line()(["share", *arguments], standalone_mode=False)


def ids(client: TestClient) -> list[str]:
    periods = json.loads(re.findall(r'id="periods">(.*?)</script>', client.get("/").text)[0])
    return [
        row[0]
        for name, _ in periods
        for row in client.get("/api/photos", params={"period": name}).json()["photos"]
    ]


def test_a_view_is_shared_as_it_is_now(client: TestClient) -> None:
    made = client.post("/api/shares", json={"title": "Cups", "view": "?text=coffee"}).json()
    assert made["photos"] == 1
    assert re.fullmatch(r"/shared/[\w-]{32}/", made["link"])
    page = client.get("/shares").text
    assert "Cups" in page
    assert "1 photo<" in page
    assert made["link"] not in page
    whole = client.post("/api/shares", json={"title": "All", "view": ""}).json()
    assert whole["photos"] == len(ids(client)) == 2


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"title": "x"}, 400),  # no photos
        ({"title": "x", "photos": ["0" * 32]}, 400),  # none that there is
        ({"title": "x", "photos": ["../../etc/passwd"]}, 400),
        ({"title": "x", "view": "?text=nothing-has-this-name"}, 400),
        ({"title": "x", "view": "?after=yesterday-or-so"}, 400),
        ({"title": "x" * 201, "view": ""}, 400),
        ({"title": "x", "view": "", "days": 0}, 400),
        ({"title": "x", "view": "", "days": 10**9}, 400),
        ({"view": ""}, 400),
    ],
)
def test_orders_that_make_no_sense_make_no_link(
    client: TestClient, order: dict[str, object], status: int
) -> None:
    assert client.post("/api/shares", json=order).status_code == status
    assert "No photos are shared" in client.get("/shares").text


def test_only_the_gallerys_own_pages_make_and_revoke_links(client: TestClient) -> None:
    order = {"title": "x", "view": ""}
    made = client.post("/api/shares", json=order).json()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        assert client.post("/api/shares", json=order, headers=headers).status_code == 403
        revoke = client.post(f"/api/shares/{made['share']}/revoke", headers=headers)
        assert revoke.status_code == 403
    assert client.get(made["link"]).status_code == 200
    assert client.get("/api/shares").status_code == 405


def test_a_read_only_gallery_shows_its_links_and_changes_none(
    client: TestClient, gallery_library: Path, tmp_path: Path
) -> None:
    made = client.post("/api/shares", json={"title": "x", "view": ""}).json()
    settings = GallerySettings(Library.resolve(gallery_library), tmp_path, read_only=True)
    with gallery_client(settings) as reading:
        assert reading.post("/api/shares", json={"title": "x", "view": ""}).status_code == 403
        assert reading.post(f"/api/shares/{made['share']}/revoke").status_code == 403
        assert reading.get(made["link"]).status_code == 200
        assert "<button" not in reading.get("/shares").text


def test_links_are_listed_and_revoked_in_the_terminal(
    client: TestClient, gallery_library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = ("--library", str(gallery_library))
    made = client.post("/api/shares", json={"title": "Cups", "view": "", "days": 7}).json()
    command_line("list", *library, "--json")
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["share_id"], listed["photos"], listed["over"]) == (made["share"], 2, False)
    token = made["link"].split("/")[2]
    assert token not in json.dumps(listed)
    for wrong in (["0" * 12], []):
        with pytest.raises(UsageError):
            command_line("revoke", *wrong, *library)
    assert client.get(made["link"]).status_code == 200
    command_line("revoke", made["share"], *library)
    assert client.get(made["link"]).status_code == 404


def test_a_link_that_is_named_twice_is_revoked_once(
    client: TestClient, gallery_library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = client.post("/api/shares", json={"title": "Cups", "view": "?text=coffee"}).json()
    library = ("--library", str(gallery_library))
    command_line("list", *library)
    assert f"{made['share']}      1 photo   without an end  Cups" in capsys.readouterr().out
    command_line("revoke", made["share"], made["share"], *library)
    assert "1 link revoked" in capsys.readouterr().out


def test_hidden_photos_are_not_shared_and_the_owner_is_told_so(
    client: TestClient, gallery_library: Path
) -> None:
    photo_id = ids(client)[0]
    this = photos.update().where(photos.c.photo_id == photo_id)
    library = Library.resolve(gallery_library)
    with library.note() as connection:
        connection.execute(this.values(hidden=True))
    try:
        answer = client.post("/api/shares", json={"title": "x", "photos": [photo_id]})
        assert answer.status_code == 400
        assert "hidden" in answer.json()["error"]
    finally:
        with library.note() as connection:
            connection.execute(this.values(hidden=None))


def test_more_photos_than_a_link_shows_are_refused_with_their_number(client: TestClient) -> None:
    many = [f"{number:032x}" for number in range(5001)]
    answer = client.post("/api/shares", json={"title": "x", "photos": many})
    assert "5000 photos, and these are 5001" in answer.json()["error"]


@pytest.mark.parametrize(
    ("access", "host", "is_local"),
    [
        (AccessPolicy(), None, True),
        (AccessPolicy(frozenset({"photos.example.org"})), None, False),  # a proxy is before it
        (AccessPolicy(frozenset({"nas"}), "f" * 24, "nas", "nas.home"), "nas.home", False),
    ],
)
def test_a_page_is_told_by_which_name_others_open_a_link(
    gallery_library: Path, tmp_path: Path, access: AccessPolicy, host: str | None, is_local: bool
) -> None:
    settings = GallerySettings(Library.resolve(gallery_library), tmp_path, access)
    with gallery_client(settings) as client:
        owner = {"authorization": f"Bearer {access.token}"}
        answer = client.post("/api/shares", json={"title": "x", "view": ""}, headers=owner).json()
    assert (answer["host"], answer["is_local"]) == (host, is_local)


def test_a_link_is_made_opened_and_revoked_in_the_browser(page: Page, address: str) -> None:
    page.goto(f"{address}/?text=coffee")
    panel = page.locator(".bar .share")
    panel.get_by_text("Share", exact=True).click()
    panel.get_by_label("Title for visitors").fill("Our <b>cups</b>")
    panel.get_by_label("Offer files to download").check()
    panel.get_by_role("button", name="Make a link").click()
    expect(panel.locator(".share-status")).to_contain_text("It shows 1 photo.")
    link = panel.locator("input[name=link]").input_value()
    page.goto(link)
    expect(page).to_have_title("Our <b>cups</b>")
    page.locator(".tiles a").click()
    page.wait_for_selector(READY)
    assert page.get_by_role("link", name="Best").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Scene", exact=True).click()
    assert download.value.suggested_filename == "coffee.sog"
    page.goto(f"{address}/shares")
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator(".share-status")).to_have_text("The link is revoked.")
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("This link is not valid, or not any more.")

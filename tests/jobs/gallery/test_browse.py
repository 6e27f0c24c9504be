"""Lists to browse by, and facts as links: each leads to the photos that it promises."""

from __future__ import annotations

import html
import re
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from jobs.gallery import browse
from jobs.gallery.app import GallerySettings
from jobs.gallery.fact_links import fact_links, folder_links
from pipeline.catalog.tags import set_tags
from pipeline.library import Library
from schemas.context import TagKind
from schemas.tables import photos
from tests.support.gallery_client import gallery_client
from tests.support.library_of_records import add_done, meta, new_catalog, photo_file

_CARD = re.compile(r'<li><a href="([^"]+)">.*?card-name">(.*?)</span>.*?number">([\d,]+) ', re.S)
_FACT = re.compile(r"<dt>([^<]+)</dt><dd[^>]*>(.*?)</dd>", re.S)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root = tmp_path_factory.mktemp("browse")
    with new_catalog(root) as catalog:
        for number in range(12):
            name = f"trip {number % 2}/IMG_{number}.jpg"
            file = add_done(catalog, name, meta(2018 + number // 4))
            with catalog.connection.begin():
                names = ["Italy & <sea>", "ITALY & <sea>/Rome"][: 1 + (number % 3 == 0)]
                found = [(TagKind.ALBUM, name) for name in names]
                found += [(TagKind.PERSON, "Ada"), (TagKind.KEYWORD, "beach")]
                found += [(TagKind.PERSON, "Bob")] if number % 2 else []
                set_tags(catalog.connection, {file.photo_id: found})
                values = {"rating": number % 6, "score": number / 12, "favorite": number == 3}
                which = photos.c.photo_id == file.photo_id
                catalog.connection.execute(photos.update().where(which).values(values))
    return gallery_client(GallerySettings(Library.resolve(root), root / "cache"))


def count_of(page: str) -> int:
    found = re.search(r'class="(?:count|number)">([\d,]+) photo', page)
    assert found, page
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("path", ["/albums", "/people", "/ratings", "/years"])
def test_each_number_is_that_of_the_view_behind_the_link(client: TestClient, path: str) -> None:
    for query in (
        *("", "?rating=2", "?favorite=true", "?after=2019-07&before=2020"),
        *("?person=Ada", "?person=Bob&rating=1", "?album=/Italy+%26+%3Csea%3E/Rome"),
    ):
        cards = _CARD.findall(client.get(path + query).text)
        assert cards, (path, query)
        for href, name, number in cards:
            page = client.get(html.unescape(href)).text
            assert count_of(page) == int(number.replace(",", "")), (path, query, name)


def test_a_year_is_the_last_one_that_there_is(client: TestClient) -> None:
    assert browse._year_after("0999") == "1000"
    assert browse._year_after("9999") is None


def test_lists_have_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "PAGE", 1)
    first = client.get("/albums").text
    assert len(_CARD.findall(first)) == 1
    assert 'href="/albums?page=2"' in first
    second = client.get("/albums?page=2").text
    assert _CARD.findall(first) != _CARD.findall(second)
    assert client.get("/albums?page=0").status_code == 400


def test_the_last_page_that_there_may_be_leads_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "PAGE", 1)
    with new_catalog(tmp_path) as catalog:
        file = add_done(catalog, "IMG.jpg")
        with catalog.connection.begin():
            names = [(TagKind.ALBUM, f"{number}") for number in range(browse.MOST_PAGES + 1)]
            set_tags(catalog.connection, {file.photo_id: names})
    client = gallery_client(GallerySettings(Library.resolve(tmp_path), tmp_path / "cache"))
    for number in (browse.MOST_PAGES - 1, browse.MOST_PAGES):
        page = client.get(f"/albums?page={number}")
        assert len(_CARD.findall(page.text)) == 1
        for href in re.findall(r'href="(/albums\?page=\d+)"', page.text):
            assert client.get(href).status_code == 200, href
        assert ('rel="next"' in page.text) == (number < browse.MOST_PAGES)


def test_a_list_without_entries_says_why(client: TestClient) -> None:
    for path in ("/albums", "/people", "/ratings", "/years"):
        page = client.get(f"{path}?camera=nothing").text
        assert 'class="empty"' in page


def test_facts_and_the_folder_lead_to_photos_that_share_them(client: TestClient) -> None:
    photo_id = photo_file("trip 1/IMG_3.jpg").photo_id
    page = client.get(f"/photos/{photo_id}").text
    facts = {name: re.findall(r'href="([^"]+)"', value) for name, value in _FACT.findall(page)}
    for name in ("People", "Albums", "Keywords", "Camera", "Taken", "Favorite", "Rating"):
        assert facts[name], name
        for href in facts[name]:
            view = client.get(html.unescape(href))
            assert view.status_code == 200
            assert count_of(view.text) >= 1, href
    folder = re.search(
        r'<ul class="paths"><li[^>]*><a href="([^"]+)">/photos/trip 1/</a>IMG_3', page
    )
    assert folder
    assert count_of(client.get(html.unescape(folder[1])).text) == 6


def test_links_of_facts_name_what_they_are_of() -> None:
    photo = {
        "people": ["Ada"],
        "albums": [],
        "keywords": ["Places/Oslo"],
        "camera_model": None,
        "lens_model": None,
        "taken_at": datetime(2019, 12, 31, 23, 59),
        "favorite": None,
        "rating": -1,
        **{"location": None, "city": "Oslo", "region": None, "country": "Norway"},
    }
    found = fact_links(photo)
    assert {name: [link.href for link in links] for name, links in found.items()} == {
        "People": ["/?person=%2FAda"],
        "Keywords": ["/?keyword=%2FPlaces%2FOslo"],
        "Place": ["/?place=%2FNorway%2FOslo", "/?place=%2FNorway"],
        "Taken": ["/?after=2019-12-31&before=2020-01-01"],
    }
    assert folder_links(["/a/b/c.jpg"]) == [("/a/b/", "c.jpg", "/?folder=%2Fa%2Fb%2F")]

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from jobs.gallery import pages
from jobs.gallery.app import GallerySettings
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.library import Library
from schemas.context_tables import photo_flags
from schemas.errors import UsageError
from schemas.records import PhotoState
from schemas.tables import photos
from tests.support.gallery_client import gallery_client
from tests.support.library_of_records import RUN, done, failed, meta, new_catalog, photo_file

PAGE = {"accept": "text/html"}


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a library of 60 photos by the book, none of which has files."""
    library = tmp_path / "library"
    library.mkdir()
    with new_catalog(library) as catalog:
        for index in range(60):
            file = photo_file(f"{2000 + index % 20}/IMG_{index:03d}.jpg")
            about = meta(2000 + index % 20, 10.0 * (index % 3), "X-E2" if index % 2 else "EOS R5")
            catalog.add_found([(file, None)])
            outcome = failed(file) if index >= 50 else done(file, about)
            catalog.record(outcome, RUN)
    return library


@pytest.fixture
def large_client(large: Path, tmp_path: Path) -> TestClient:
    return gallery_client(GallerySettings(Library.resolve(large), tmp_path / "cache"))


def periods(page: str) -> dict[str, int]:
    found = re.search(r'id="periods">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_library_may_have_a_name_that_is_not_utf_8(large: Path, tmp_path: Path) -> None:
    library = large.rename(tmp_path / os.fsdecode(b"caf\xe9"))
    client = gallery_client(GallerySettings(Library.resolve(library), tmp_path / "cache"))
    for path in ("/", "/problems?state=failed"):
        assert r"caf\xe9" in client.get(path, headers=PAGE).text


def all_photos(client: TestClient, period: str, **filters: str) -> list[str]:
    ids: list[str] = []
    more = True
    while more:
        parameters = {"period": period, **filters} | ({"beyond": ids[-1]} if ids else {})
        answer = client.get("/api/photos", params=parameters).json()
        ids += [row[0] for row in answer["photos"]]
        more = answer["more"]
    return ids


def test_the_periods_contain_every_photo_once(
    large_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 7)
    counts = periods(large_client.get("/").text)
    assert sum(counts.values()) == 50
    ids = [photo for period in counts for photo in all_photos(large_client, period)]
    assert len(ids) == len(set(ids)) == 50


def test_filters_select_the_same_photos_as_a_query(large_client: TestClient) -> None:
    for query, count in (
        ("camera=eos", 25),
        ("text=EOS+2004", 3),
        ("text=IMG_004", 1),
        ("after=2010&before=2012", 4),
        ("near=10,2.2945,5", 17),
        ("camera=eos&near=10,2.2945,5", 8),
        ("model=small", 50),
        ("model=sharp", 0),
    ):
        assert sum(periods(large_client.get(f"/?{query}").text).values()) == count, query


@pytest.mark.parametrize("query", ["after=yesterday", "near=paris", "near=1,2", "before=2019-99"])
def test_the_error_for_an_invalid_filter_is_explained(large_client: TestClient, query: str) -> None:
    answer = large_client.get(f"/?{query}", headers=PAGE)
    assert answer.status_code == 400
    assert "<h1>" in answer.text
    assert large_client.get(f"/api/photos?period=2004&{query}").json()["error"]


@pytest.mark.parametrize("period", ["2019-13", "2019-00", "20", "x", "0000", "9999", "undated2"])
def test_an_invalid_period_is_refused(large_client: TestClient, period: str) -> None:
    assert large_client.get("/api/photos", params={"period": period}).status_code == 400


def test_newer_and_older_links_reach_every_photo_of_the_view(large_client: TestClient) -> None:
    first = next(iter(periods(large_client.get("/?camera=eos").text)))
    at: str | None = all_photos(large_client, first, camera="eos")[0]
    seen = []
    while at is not None:
        seen.append(at)
        page = large_client.get(f"/photos/{at}?camera=eos").text
        found = re.search(r'rel="next" href="/photos/([0-9a-f]{32})\?camera=eos"', page)
        at = found[1] if found else None
    assert len(seen) == len(set(seen)) == 25


def test_problems_are_listed_in_pages_with_reasons(
    large_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LIST_PAGE", 4)
    address: str | None = "/problems?state=failed"
    seen: list[str] = []
    while address:
        page = large_client.get(address).text
        seen += re.findall(r'<li><a href="/photos/([0-9a-f]{32})"', page)
        found = re.search(r'href="(/problems\?[^"]*beyond=[^"]*)"', page)
        address = found[1].replace("&amp;", "&") if found else None
        assert "truncated" in page
        assert "--retry-failed" not in page  # options are for commands
    assert len(seen) == len(set(seen)) == 10
    assert large_client.get("/problems?state=done").status_code == 400
    assert large_client.get("/problems?state=x").status_code == 400


def test_the_map_links_to_the_photos_that_it_counts(large_client: TestClient) -> None:
    assert "50 photos with a position" in large_client.get("/places").text
    for query, number in (("", 50), ("&camera=eos", 25)):
        answer = large_client.get(f"/api/map?seen=-90,-180,90,180{query}").json()
        assert sum(row[2] for row in answer["clusters"]) == number
        for _, _, photos_there, _, link in answer["clusters"]:
            assert sum(periods(large_client.get(link).text).values()) == photos_there
    assert large_client.get("/api/map?seen=1,2").status_code == 400
    assert "records where it was taken" in large_client.get("/places?text=nothing").text


def test_the_page_of_a_photo_shows_its_facts(client: TestClient) -> None:
    (row,) = client.get("/api/photos", params={"period": "undated"}).json()["photos"]
    page = client.get(f"/photos/{row[0]}").text
    for text in ("coffee.png", "30 mm equivalent", "600 × 400", "small", "32 768 Gaussians"):  # noqa: RUF001
        assert text.replace(" 768", "\u202f768") in page
    for name in ("ply", "sog"):
        assert f".{name}?download=true" in page


def test_the_page_of_a_photo_without_a_scene_shows_the_reason(client: TestClient) -> None:
    found = re.search(r"/photos/([0-9a-f]{32})", client.get("/problems?state=failed").text)
    assert found
    page = client.get(found[0]).text
    assert "No scene could be made of this photo." in page
    # Once: what is known of this photo, not its reason too.
    assert "The file is cut off: a part of the image is missing." in page
    assert "or its end is missing" not in page
    assert "data-viewer" not in page


def test_the_page_of_a_due_photo_says_so(large: Path, large_client: TestClient) -> None:
    engine = open_database(find_catalog(large))
    with engine.begin() as connection:
        connection.execute(photos.update().values(state=PhotoState.DUE, scene_id=None))
    engine.dispose()
    assert "60 photos" in large_client.get("/problems?state=due").text
    page = large_client.get("/").text
    assert "There are no scenes here yet." in page
    assert "60 photos wait for the next run" in page
    assert "sharp-batch ingest" not in page  # these photos are known already


def test_a_missing_library_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no library"):
        gallery_client(GallerySettings(Library.resolve(tmp_path), tmp_path / "cache"))


def test_not_found_is_a_page_for_people_and_json_for_programs(client: TestClient) -> None:
    assert "<h1>" in client.get("/nothing", headers=PAGE).text
    message = "There is no such page in this gallery."
    assert client.get("/nothing").json() == {"error": message, "hint": None}
    german = client.get("/nothing", headers={**PAGE, "accept-language": "de"})
    assert "<h1>Diese Seite gibt es in der Galerie nicht.</h1>" in german.text


def test_the_last_day_of_a_view_belongs_to_it(large_client: TestClient) -> None:
    page = large_client.get("/?after=2004-07-14&until=2004-07-14").text
    assert sum(periods(page).values()) == 3
    assert "until 14 July 2004" in page
    assert 'name="until" type="date" value="2004-07-14"' in page
    assert large_client.get("/?until=soon").status_code == 400


def test_a_search_keeps_every_filter_of_the_address_and_no_sql(large_client: TestClient) -> None:
    filters = {"reason": "x", "near": "48,2,5", "lens": "35", "after": "2001"}
    page = large_client.get("/", params={**filters, "where": "1 = 1"}, headers=PAGE).text
    for name, text in filters.items():
        assert f'<input type="hidden" name="{name}" value="{text}">' in page
    assert "1 = 1" not in page


def set_quality(library: Path, scores: dict[str, float], flat: list[str]) -> None:
    with open_database(find_catalog(library)).begin() as connection:
        for photo_id, score in scores.items():
            row = photos.c.photo_id == photo_id
            connection.execute(photos.update().where(row).values(score=score))
        for photo_id in flat:
            connection.execute(photo_flags.insert().values(photo_id=photo_id, flag="screenshot"))


def test_the_best_scenes_are_shown_in_order_of_their_scores(
    large: Path, large_client: TestClient
) -> None:
    assert "sharp-batch score" in large_client.get("/best", headers=PAGE).text
    ids = all_photos(large_client, "2001")[:2] + all_photos(large_client, "2007")[:1]
    set_quality(large, dict(zip(ids, (0.4, 0.9, 0.7), strict=True)), [])
    text = large_client.get("/best", headers=PAGE).text
    shown = re.findall(r'href="/photos/([0-9a-f]{32})"', text)
    assert shown == [ids[1], ids[2], ids[0]]
    assert re.findall(r"<span>(\d\.\d\d)</span>", text) == ["0.90", "0.70", "0.40"]
    assert re.findall(r'href="/photos/(\w+)"', large_client.get("/best?score=0.8").text) == ids[1:2]


def test_a_long_list_of_the_best_has_pages(
    large: Path, large_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "BEST_PAGE", 2)
    ids = all_photos(large_client, "2001")[:1] + all_photos(large_client, "2002")[:2]
    set_quality(large, dict(zip(ids, (0.9, 0.8, 0.7), strict=True)), [])
    first, second = (large_client.get(f"/best?page={page}").text for page in (1, 2))
    assert [re.findall(r'href="/photos/(\w+)"', text) for text in (first, second)] == [
        ids[:2],
        ids[2:],
    ]
    assert 'href="/best?page=2"' in first
    assert 'rel="next"' not in second
    assert large_client.get("/best?page=0").status_code == 400


def test_scenes_without_depth_are_hidden_until_they_are_asked_for(
    large: Path, large_client: TestClient
) -> None:
    before = periods(large_client.get("/", headers=PAGE).text)
    hidden = all_photos(large_client, "2003")[0]
    set_quality(large, {hidden: 0.9}, [hidden])
    page = large_client.get("/", headers=PAGE).text
    assert sum(periods(page).values()) == sum(before.values()) - 1
    assert hidden not in all_photos(large_client, "2003")
    assert hidden not in large_client.get("/best").text
    assert "1 without depth" in page
    assert 'href="/?with_depth=false"' in page
    only = large_client.get("/?with_depth=false", headers=PAGE).text
    assert sum(periods(only).values()) == 1
    assert all_photos(large_client, "2003", flag="screenshot") == [hidden]
    assert large_client.get(f"/photos/{hidden}", headers=PAGE).status_code == 200


def test_favorites_are_kept_in_the_catalog(large: Path, large_client: TestClient) -> None:
    ids = all_photos(large_client, "2003")[:2]
    assert "aria-pressed" in large_client.get(f"/photos/{ids[0]}", headers=PAGE).text
    answer = large_client.post("/api/favorites", json={"photos": ids, "favorite": True})
    assert answer.json() == {"photos": 2, "favorite": True}
    assert set(all_photos(large_client, "2003", favorite="true")) == set(ids)
    large_client.post("/api/favorites", json={"photos": ids[:1], "favorite": False})
    assert all_photos(large_client, "2003", favorite="true") == ids[1:]
    page = large_client.get(f"/photos/{ids[1]}", headers=PAGE).text
    assert 'aria-pressed="true"' in page
    assert "from the gallery" in page
    for wrong in ({"photos": ["x"], "favorite": True}, {"photos": ids}, {}):
        assert large_client.post("/api/favorites", json=wrong).status_code == 400
    settings = GallerySettings(Library.resolve(large), large.parent / "cache", read_only=True)
    answer = gallery_client(settings).post("/api/favorites", json={"photos": ids, "favorite": True})
    assert answer.status_code == 403

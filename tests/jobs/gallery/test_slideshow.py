from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from playwright.sync_api import Page

from tests.support.browser import Watch, browser, serving
from tests.support.viewer_pictures import WAIT_MS, Pixels, gray, psnr

FRONT = '.slide.is-front[data-shows="scene"]'


def ids(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/api/slides?{query}").json()
    assert answer["more"] is False
    return [slide["photo_id"] for slide in answer["slides"]]


def test_slides_are_by_date_the_best_first_or_shuffled(client: TestClient) -> None:
    by_date = ids(client, "order=date")
    assert len(by_date) == 2
    assert set(ids(client, "order=best")) == set(ids(client, "order=shuffle")) == set(by_date)
    assert ids(client, "order=date&skip=1") == by_date[1:]
    assert ids(client, "order=date&text=coffee") in ([by_date[0]], [by_date[1]])
    assert client.get("/api/slides?order=backwards").status_code == 400


def test_a_slide_has_what_a_viewer_needs_and_leads_to_its_neighbours(client: TestClient) -> None:
    newer, older = ids(client, "order=date")
    first, second = (client.get(f"/api/slides/{photo_id}").json() for photo_id in (newer, older))
    assert (first["newer"], first["older"]) == (None, older)
    assert (second["newer"], second["older"]) == (newer, None)
    assert first["width"] > 0 < first["focal"]
    for name in ("scene", "photo", "full", "page"):
        assert client.get(first[name]).status_code == 200
    assert client.get(f"/api/slides/{'0' * 32}").status_code == 404


def test_the_page_takes_only_what_it_knows(client: TestClient) -> None:
    page = client.get("/show?order=best&eyes=squeezed&seconds=5&text=cof%22fee").text
    assert 'data-order="best"' in page
    assert 'data-eyes="squeezed"' in page
    assert 'data-slides="/api/slides?text=cof%22fee"' in page
    for query in ("order=x", "eyes=three", "seconds=0"):
        assert client.get(f"/show?{query}").status_code == 400


@pytest.fixture(scope="module")
def page(gallery_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    cache = tmp_path_factory.mktemp("cache")
    with (
        browser(viewport={"width": 640, "height": 360}) as context,
        serving(gallery_library, cache) as address,
    ):
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.emulate_media(reduced_motion="no-preference")
        watch = Watch(page)
        page.goto(address)
        yield page
        assert watch.complaints == []


def shown(page: Page) -> Pixels:
    return gray(Image.open(io.BytesIO(page.screenshot())))


def test_scenes_glide_and_follow_each_other(page: Page) -> None:
    page.goto("/".join([*page.url.split("/")[:3], "show?seconds=2"]))
    page.wait_for_selector(FRONT)
    label = page.locator(".slideshow").get_attribute("data-label")
    box = page.locator(".slide.is-front .slide-frame").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert middle == pytest.approx((320, 180), abs=1)
    page.wait_for_timeout(1600)  # it has faded in
    before = shown(page)
    page.wait_for_timeout(700)
    assert psnr(shown(page), before) < 40  # it moves
    page.wait_for_selector('.slideshow[data-at="3"]')
    assert page.locator(".slideshow").get_attribute("data-label") == label  # of two photos
    assert page.locator("canvas").count() <= 2  # those of old slides are gone
    page.keyboard.press(" ")
    page.wait_for_selector('button[title="Play"][aria-pressed="false"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('.slideshow[data-at="4"]')
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: url.endswith("/"))


def test_a_kiosk_shows_both_eyes_squeezed_and_nothing_else(page: Page) -> None:
    address = "/".join([*page.url.split("/")[:3], "show?kiosk=true&eyes=squeezed&seconds=60"])
    page.goto(address)
    page.wait_for_selector(FRONT)
    page.wait_for_timeout(1800)
    assert page.locator("button, select").count() == 0
    pixels = shown(page)
    half = pixels.shape[1] // 2
    left, right = pixels[:, :half], pixels[:, half:]
    assert left.std() > 20
    assert psnr(left, right) > 12  # two views of the same
    middle = half // 2
    assert left[:, middle - 60 : middle + 60].mean() > 30  # in the middle of its half

"""Every page and state of the gallery in German: no text is left in English."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from jobs.gallery import texts
from tests.support.made_photos import make_photo
from tests.support.page_walk import untranslated
from tests.support.viewer_pictures import READY, WAIT_MS


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """Mark every German text of the gallery, which runs in this process."""
    german = {english: f"«{text}»" for english, text in texts.translations("de").items()}
    monkeypatch.setattr(texts, "translations", lambda language: german if language == "de" else {})
    texts._templates.cache_clear()
    yield german
    texts._templates.cache_clear()


@pytest.fixture
def page(context: BrowserContext, marked: Mapping[str, str]) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.set_extra_http_headers({"accept-language": "de-CH,de;q=0.9"})

    def table(route: Route) -> None:
        route.fulfill(body=json.dumps(marked), content_type="application/json")

    page.route("**/static/de.json", table)
    yield page
    page.close()


def test_no_text_of_any_page_is_left_in_english(page: Page, address: str) -> None:
    page.goto(address)
    photo = page.locator(".tiles a").first.get_attribute("href")
    page.goto(f"{address}/problems?state=failed")
    failed = page.locator(".problems a").first.get_attribute("href")
    page.goto(f"{address}/problems?state=skipped")
    skipped = page.locator(".problems a").first.get_attribute("href")
    named = ("/", photo, failed, skipped)  # whose titles are names
    wrong = (
        *("/nothing", "/?after=soon", "/?near=here", "/problems?state=done"),
        f"/photos/{'0' * 32}",
    )
    others = (
        *("/best", "/places", "/places?text=x", "/show", "/make"),
        *("/albums", "/people", "/ratings", "/albums?text=x", "/years", "/shares"),
        *(f"/problems?state={state}" for state in ("failed", "skipped", "due")),
        *wrong,
    )
    filtered = (
        "/?near=48,11,5&with_depth=false&after=2019-07-14&until=2019-08-01&rating=3",
        "/?area=-90,-180,90,180&one_per_group=false&score=0.5&flag=flat&reason=truncated",
    )
    for path in (*named, *others, *filtered):
        page.goto(f"{address}{path}")
        if path == photo:
            page.wait_for_selector(READY)
        if path == "/":
            page.wait_for_selector(".tiles img")
        assert untranslated(page) == [], path
        assert path not in others or "«" in page.title(), path


def test_making_a_scene_is_told_in_german(page: Page, address: str, tmp_path: Path) -> None:
    page.set_default_timeout(3 * WAIT_MS)  # each photo has its own process
    page.goto(f"{address}/make")
    text = tmp_path / "letter.jpg"
    text.write_text("Dear all,\n" * 1000)
    cut = make_photo(tmp_path / "cut.jpg", 3)
    cut.write_bytes(cut.read_bytes()[:6000])
    whole = make_photo(tmp_path / "whole.jpg", 5)
    page.set_input_files("input[type=file]", [text, cut, whole])
    page.wait_for_selector('.jobs li[data-state="running"] progress')
    expect(page.locator(".jobs li")).to_have_count(2)
    assert untranslated(page) == []
    page.wait_for_selector('.jobs li[data-state="done"]')
    page.wait_for_selector('.jobs li[data-state="failed"]')
    expect(page.locator('.jobs [data-state="failed"] .job-state')).to_contain_text("abgeschnitten")
    expect(page.locator(".error")).to_contain_text("letter.jpg: «Diese Datei ist kein Foto")
    page.get_by_role("link", name="whole.jpg").click()
    page.wait_for_selector(READY)
    page.locator(".exports summary").click()
    assert untranslated(page) == []

"""Buttons of a photo's page and of the list of links: what they do, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.catalog.shares import add_share, list_shares
from pipeline.library import Library
from tests.support.browser import serving, watched_page
from tests.support.library_of_records import add_done, meta, new_catalog, photo_file

NO_ANSWER = "The gallery does not answer. Check that it is still running."


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a library of one photo, whose files are gone."""
    library = tmp_path / "library"
    library.mkdir()
    with new_catalog(library) as catalog:
        add_done(catalog, "IMG_1.jpg", meta(2021))
    return library


@pytest.fixture
def page(library: Path, context: BrowserContext, tmp_path: Path) -> Iterator[Page]:
    with (
        serving(library, tmp_path / "cache") as address,
        watched_page(context, address) as page,
    ):
        page.goto(f"{address}/photos/{photo_file('IMG_1.jpg').photo_id}")
        yield page


def test_the_heart_of_a_photo_is_kept_and_tells_what_went_wrong(page: Page) -> None:
    heart, status = page.locator(".heart"), page.locator(".heart-status")
    page.route("**/api/favorites", lambda route: route.abort())
    heart.click()
    expect(status).to_have_text(NO_ANSWER)
    expect(heart).to_have_attribute("aria-pressed", "false")
    page.unroute("**/api/favorites")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(status).to_have_text("")
    page.reload()
    expect(heart).to_have_attribute("aria-pressed", "true")


def test_a_link_is_made_on_the_page_of_a_photo_and_revoked(page: Page, library: Path) -> None:
    panel = page.locator(".share")
    panel.locator("summary").click()
    page.route("**/api/shares", lambda route: route.abort())
    panel.get_by_role("button", name="Make a link").click()
    expect(panel.locator(".share-status")).to_have_text(NO_ANSWER)
    page.unroute("**/api/shares")
    panel.get_by_role("button", name="Make a link").click()
    expect(panel.locator(".share-status")).to_contain_text("It shows 1 photo.")
    page.goto(urljoin(page.url, "/shares"))
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator(".share-status")).to_have_text("The link is revoked.")
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    with Library.resolve(library).read() as connection:
        assert list(list_shares(connection)) == []


def test_the_button_of_the_next_link_is_focused_when_one_is_revoked(
    page: Page, library: Path
) -> None:
    photo = photo_file("IMG_1.jpg").photo_id
    with Library.resolve(library).write() as catalog, catalog.connection.begin():
        for title in ("One", "Two", "Three"):
            add_share(catalog.connection, [photo], title, downloads=False, expires_at=None)
    page.goto(urljoin(page.url, "/shares"))
    buttons = page.get_by_role("button", name="Revoke")
    titles = page.locator(".shares strong").all_text_contents()
    for left, at in (
        ([titles[0], titles[2]], 1),  # the next one
        ([titles[0]], 0),  # there is none: the previous one
    ):
        buttons.nth(1).press("Enter")
        expect(page.locator(".shares strong")).to_have_text(left)
        expect(buttons.nth(at)).to_be_focused()
    buttons.press("Enter")
    expect(page.get_by_role("heading", name="Shared links")).to_be_focused()

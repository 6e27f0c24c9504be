"""The keyboard on the pages: which keys a control takes for itself, and where the focus goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browser import serving
from tests.support.made_photos import make_photo, make_photos
from tests.support.quick_worker import ENDLESS_WIDTH
from tests.support.relief import ingest_reliefs
from tests.support.viewer_pictures import READY, WAIT_MS

# Elements, with the keys that they use and keys that they leave to the page.
CONTROLS = (
    ("<input>", ["n", "Escape", "Home", "/"], []),
    ("<input type=search>", ["f", "ArrowLeft"], []),
    ("<input type=date>", ["1", "ArrowUp"], []),
    ("<textarea></textarea>", ["n", "Enter"], []),
    ("<select></select>", ["n", "ArrowDown"], []),
    ("<p contenteditable></p>", ["n"], []),
    ("<input type=range>", ["ArrowLeft", "Home", "PageUp"], ["n", "Escape", "f", "+"]),
    ("<input type=checkbox>", [" "], ["n", "ArrowLeft", "/"]),
    ("<button></button>", [" ", "Enter"], ["n", "ArrowLeft", "Escape"]),
    ("<a href=/></a>", [], ["n", " ", "ArrowLeft"]),
)
USES = """async ([html, keys]) => {
  const { usesKey } = await import("/static/keys.js");
  const element = document.createElement("div");
  element.innerHTML = html;
  return keys.filter((key) => usesKey(element.firstChild, key));
}"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    library = tmp_path / "library"
    make_photos(tmp_path / "photos", 2)
    ingest_reliefs(library, tmp_path / "photos")
    with serving(library, tmp_path / "cache") as address:
        yield address


@pytest.fixture
def heart(page: Page, address: str) -> Locator:
    """Open the page of a photo; return its heart."""
    page.goto(address)
    page.locator(".tiles a").first.click()
    page.wait_for_selector(READY)
    return page.locator(".heart")


def test_a_control_uses_its_own_keys_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/places")
    for html, used, free in CONTROLS:
        assert page.evaluate(USES, [html, [*used, *free]]) == used, html


def test_a_button_keeps_the_focus_while_it_works(heart: Locator) -> None:
    heart.press("Enter")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_be_enabled()
    expect(heart).to_be_focused()


def test_a_button_at_work_is_pressed_in_vain(page: Page, heart: Locator) -> None:
    asked: list[Route] = []

    def keep(route: Route) -> None:  # a method of a list is not accepted
        asked.append(route)

    page.route("**/api/favorites", keep)
    heart.press("Enter")
    expect(heart).to_be_disabled()
    heart.press("Enter")
    while not asked:
        page.wait_for_timeout(50)
    asked[0].continue_()
    expect(heart).to_be_enabled()
    assert len(asked) == 1


def test_the_end_of_a_selection_leads_back_to_its_button(page: Page, address: str) -> None:
    page.goto(address)
    opener = page.get_by_role("button", name="Select", exact=True)
    for key, control in (("Enter", ".select-end"), ("Escape", ".share summary")):
        page.wait_for_selector(".tiles a")
        opener.press("Enter")
        page.locator(".select-bar").locator(control).press(key)
        expect(page.locator(".select-bar")).to_be_hidden()
        expect(opener).to_be_focused()


def test_the_button_of_a_scene_keeps_the_focus_in_each_state(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/make")
    endless = make_photo(tmp_path / "endless.jpg", 5, (ENDLESS_WIDTH, 200))
    page.set_input_files("input[type=file]", endless)
    stop = page.get_by_role("button", name="Stop: endless.jpg")
    stop.focus()
    stop.press("Enter")
    remove = page.get_by_role("button", name="Remove: endless.jpg")
    expect(remove).to_be_focused(timeout=3 * WAIT_MS)
    remove.press("Enter")
    expect(remove).to_have_count(0)
    expect(page.locator("input[type=file]")).to_be_focused()


def test_the_link_to_a_photo_is_focused_once_it_is_in_the_library(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/make")
    page.set_input_files("input[type=file]", make_photo(tmp_path / "new.jpg", 5))
    page.locator(".jobs").get_by_role("link", name="new.jpg").click(timeout=3 * WAIT_MS)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Add to library").press("Enter")
    link = page.get_by_role("link", name="The photo is in the library.")
    expect(link).to_be_focused(timeout=3 * WAIT_MS)

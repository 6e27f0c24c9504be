"""The keyboard on the pages: which keys a control takes for itself, and where the focus goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from jobs.gallery import live
from pipeline.catalog.shares import add_share
from pipeline.library import Library
from schemas.records import RunState
from schemas.tables import photos
from tests.support.browser import serving
from tests.support.library_of_records import RUN, add_done, meta, new_catalog, photo_file
from tests.support.made_photos import make_photo
from tests.support.quick_worker import ENDLESS_WIDTH
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
def library(tmp_path: Path) -> Path:
    """Return a library of forty photos of 2019 at two places, whose files are gone."""
    library = tmp_path / "library"
    library.mkdir()
    with new_catalog(library) as catalog:
        for number in range(40):
            add_done(catalog, f"IMG_{number:02d}.jpg", meta(2019, 48.8584 + number % 2))
        catalog.end_run(RUN, RunState.FINISHED, due=40, done=40, failed=0)
    return library


@pytest.fixture
def address(library: Path, tmp_path: Path) -> Iterator[str]:
    with serving(library, tmp_path / "cache") as address:
        yield address


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def test_a_control_uses_its_own_keys_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/places")
    for html, used, free in CONTROLS:
        assert page.evaluate(USES, [html, [*used, *free]]) == used, html


def test_a_button_keeps_the_focus_while_it_works(page: Page, address: str) -> None:
    page.goto(f"{address}/photos/{photo_file('IMG_00.jpg').photo_id}")
    heart = page.locator(".heart")
    heart.press("Enter")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_be_enabled()
    expect(heart).to_be_focused()


def test_a_button_at_work_is_pressed_in_vain(page: Page, address: str) -> None:
    asked: list[Route] = []

    def keep(route: Route) -> None:  # a method of a list is not accepted
        asked.append(route)

    page.goto(f"{address}/photos/{photo_file('IMG_00.jpg').photo_id}")
    page.route("**/api/favorites", keep)
    heart = page.locator(".heart")
    heart.press("Enter")
    expect(heart).to_be_disabled()
    heart.press("Enter")
    while not asked:
        page.wait_for_timeout(50)
    asked[0].continue_()
    expect(heart).to_be_enabled()
    assert len(asked) == 1


def test_the_button_of_the_next_link_is_focused_when_one_is_revoked(
    page: Page, address: str, library: Path
) -> None:
    photo = photo_file("IMG_00.jpg").photo_id
    with Library.resolve(library).write() as catalog, catalog.connection.begin():
        for title in ("One", "Two", "Three"):
            add_share(catalog.connection, [photo], title, downloads=False, expires_at=None)
    page.goto(f"{address}/shares")
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


def test_the_end_of_a_selection_leads_back_to_its_button(page: Page, address: str) -> None:
    page.goto(address)
    opener = page.get_by_role("button", name="Select", exact=True)
    for key, control in (("Enter", ".select-end"), ("Escape", ".share summary")):
        page.wait_for_selector(".tiles a")
        opener.press("Enter")
        page.locator(".select-bar").locator(control).press(key)
        expect(page.locator(".select-bar")).to_be_hidden()
        expect(opener).to_be_focused()


def leave_the_view(library: Path, names: list[str]) -> None:
    """Let photos fail, as if a run had done so."""
    ids = [photo_file(name).photo_id for name in names]
    with Library.resolve(library).write() as catalog:
        with catalog.connection.begin():
            rows = photos.update().where(photos.c.photo_id.in_(ids))
            catalog.connection.execute(rows.values(state="failed"))
        catalog.begin_run("run 2", "ingest", {})
        catalog.end_run("run 2", RunState.FINISHED, due=0, done=0, failed=0)


def test_the_photo_beside_one_that_leaves_the_view_is_focused(
    page: Page, address: str, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_CONTENT_SECONDS", 0.0)
    page.goto(address)
    tiles = page.locator(".tiles a")
    tiles.nth(2).focus()
    _, _, gone, next_one = (
        tiles.nth(at).locator("img").get_attribute("alt") or "" for at in range(4)
    )
    leave_the_view(library, [gone.split(",")[0]])
    expect(page.locator(".count")).to_have_text("39 photos")
    expect(focused(page).locator("img")).to_have_attribute("alt", next_one)


def test_where_all_photos_leave_the_view_the_heading_is_focused(
    page: Page, address: str, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_CONTENT_SECONDS", 0.0)
    page.goto(address)
    page.locator(".tiles a").first.focus()
    leave_the_view(library, [f"IMG_{number:02d}.jpg" for number in range(40)])
    expect(page.locator(".count")).to_have_text("0 photos")
    expect(page.locator(".count")).to_be_focused()


def test_the_cluster_of_the_map_that_has_the_focus_keeps_it(page: Page, address: str) -> None:
    page.goto(f"{address}/places")
    clusters = page.locator(".map svg a")
    expect(clusters).to_have_count(2)
    clusters.first.focus()
    where = focused(page).get_attribute("data-y")
    # The wheel changes what the clusters are, and their addresses.
    page.locator(".map svg").hover(position={"x": 5, "y": 5})
    with page.expect_response("**/api/map?*") as answer:
        page.mouse.wheel(0, 120)
    answer.value.finished()
    expect(clusters).to_have_count(2)
    expect(focused(page)).to_have_attribute("data-y", str(where))


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

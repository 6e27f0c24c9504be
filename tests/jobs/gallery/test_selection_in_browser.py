"""Many photos selected in the grid by every gesture, and what the bar does with them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.catalog.shares import list_shares
from pipeline.library import Library
from schemas.records import RunState
from schemas.tables import photos
from tests.support.browser import change_script, serving, watched_page
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library of 24 photos in two months, and one that waits; their files are gone."""
    library = tmp_path_factory.mktemp("select") / "library"
    library.mkdir()
    with new_catalog(library) as catalog:
        for number in range(24):
            file = photo_file(f"IMG_{number:03d}.jpg")
            catalog.add_found([(file, None)])
            catalog.record(done(file, meta(2021 - number // 12)), RUN)
        waiting = photo_file("waits.jpg")
        catalog.add_found([(waiting, None)])
        moment = photos.c.photo_id.in_((photo_file("IMG_000.jpg").photo_id, waiting.photo_id))
        with catalog.connection.begin():
            catalog.connection.execute(
                photos.update().where(moment).values(group_id="moment", group_rank=0)
            )
        catalog.end_run(RUN, RunState.FINISHED, due=24, done=24, failed=0)
    return library


@pytest.fixture(scope="module")
def address(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(library, tmp_path_factory.mktemp("cache")) as address:
        yield address


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    with watched_page(context, address) as page:
        page.goto(address)
        page.wait_for_selector(".tiles a >> nth=20")
        yield page


def selected(page: Page) -> list[int]:
    """Return which of the photos on the page are selected, as the page shows it."""
    found: list[int] = page.locator(".tiles li").evaluate_all(
        "tiles => tiles.map((tile) => tile.classList.contains('is-selected'))"
        ".flatMap((is, index) => is ? [index] : [])"
    )
    pressed = page.locator('.check[aria-pressed="true"]').count()
    assert pressed == len(found)
    return found


def tile(page: Page, index: int):  # type: ignore[no-untyped-def]
    return page.locator(".tiles li").nth(index)


def test_clicks_and_shift_select_and_escape_ends(page: Page) -> None:
    bar = page.locator(".select-bar")
    expect(bar).to_be_hidden()
    tile(page, 2).hover()
    tile(page, 2).locator(".check").click()
    expect(bar.locator(".select-count")).to_have_text("1 photo selected")
    tile(page, 14).locator("a").click(modifiers=["Shift"])  # in another month
    expect(bar.locator(".select-count")).to_have_text("13 photos selected")
    assert selected(page) == list(range(2, 15))
    tile(page, 5).locator("a").click(modifiers=["Shift"])  # the range is a shorter one now
    expect(bar.locator(".select-count")).to_have_text("4 photos selected")
    tile(page, 3).locator("a").click()  # opens nothing while photos are selected
    expect(bar.locator(".select-count")).to_have_text("3 photos selected")
    assert selected(page) == [2, 4, 5]
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    assert selected(page) == []
    tile(page, 3).locator("a").click()
    page.wait_for_url("**/photos/*")


def test_a_drag_selects_what_it_passes(page: Page) -> None:
    start, end = tile(page, 1).locator(".check"), tile(page, 6)
    start.hover()
    page.mouse.down()
    box = end.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=12)
    page.mouse.up()
    expect(page.locator(".select-count")).to_have_text("6 photos selected")
    assert selected(page) == list(range(1, 7))


def test_the_keyboard_selects(page: Page) -> None:
    tile(page, 0).locator("a").focus()
    page.keyboard.press("Space")
    expect(page.locator(".select-count")).to_have_text("1 photo selected")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".select-count")).to_have_text("3 photos selected")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".select-count")).to_have_text("4 photos selected")
    page.keyboard.press("Control+a")
    expect(page.locator(".select-count")).to_have_text("24 photos selected")
    page.keyboard.press("Escape")
    expect(page.locator(".select-bar")).to_be_hidden()
    assert page.evaluate("scrollY") == 0


def test_the_bar_says_where_a_selection_ends(page: Page) -> None:
    change_script(page, "selection.js", "MOST = 10_000", "MOST = 5")
    page.reload()
    number, status = page.locator(".select-count"), page.locator(".select-status")
    tile(page, 2).hover()
    tile(page, 2).locator(".check").click()
    expect(status).to_be_empty()
    tile(page, 14).locator("a").click(modifiers=["Shift"])
    expect(number).to_have_text("5 photos selected")
    expect(status).to_contain_text("the first 5 of 13")
    tile(page, 20).locator("a").click()
    expect(number).to_have_text("5 photos selected")
    expect(status).to_contain_text("No more than 5 photos")
    tile(page, 3).locator("a").click()
    expect(number).to_have_text("4 photos selected")
    expect(status).to_be_empty()


def test_the_bar_says_that_photos_could_not_be_read(page: Page) -> None:
    page.route(re.compile("period=2020"), lambda route: route.abort())
    page.reload()
    tile(page, 1).locator("a").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Control+a")
    expect(page.locator(".select-status")).to_contain_text("could not be read")
    assert selected(page) == [1]


def test_favorites_of_a_selection_are_in_the_catalog(page: Page, library: Path) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.locator(".select-count")).to_have_text("0 photos selected")
    expect(page.get_by_role("button", name="Download as ZIP")).to_be_disabled()
    for index in (0, 1):
        tile(page, index).locator("a").click()
    page.get_by_role("button", name="Favorite", exact=True).click()
    expect(page.locator(".select-status")).to_have_text("2 photos are favorites now")
    with Library.resolve(library).read() as connection:
        found = connection.execute(photos.select().where(photos.c.favorite.is_(True))).all()
    assert len(found) == 2
    page.get_by_role("button", name="No favorite").click()
    expect(page.locator(".select-status")).to_have_text("2 photos are no favorites now")


def test_missing_scenes_of_a_selection_are_asked_for_by_key_and_by_touch(page: Page) -> None:
    button, status = page.get_by_role("button", name="Make now"), page.locator(".select-status")
    complete, of_moment = (
        page.locator(f'.tiles li[data-photo="{photo_file(name).photo_id}"] a')
        for name in ("IMG_001.jpg", "IMG_000.jpg")
    )
    complete.focus()
    page.keyboard.press("Space")
    button.focus()
    page.keyboard.press("Enter")
    expect(status).to_have_text("These photos and their moments have their scenes already.")
    of_moment.click()
    box = button.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touches = page.context.new_cdp_session(page)
    touches.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, points in (("touchStart", [point]), ("touchEnd", [])):
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(status).to_have_text("1 scene is being made")
    touches.send("Emulation.setTouchEmulationEnabled", {"enabled": False})


def test_a_selection_is_shared(page: Page, library: Path) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    panel = page.locator(".select-bar .share")
    panel.locator("summary").click()
    expect(panel.get_by_role("button", name="Make a link")).to_be_disabled()
    for index in (0, 1):
        tile(page, index).locator("a").click()
    panel.get_by_role("button", name="Make a link").click()
    expect(panel.locator(".share-status")).to_contain_text("It shows 2 photos.")
    with Library.resolve(library).read() as connection:
        ((share, shown, _),) = list_shares(connection)
        assert (share.title, shown) == ("", 2)


def test_escape_in_the_panel_of_a_selection_closes_it_and_keeps_the_selection(page: Page) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    tile(page, 0).locator("a").click()
    panel = page.locator(".select-bar .share")
    panel.locator("summary").click()
    panel.get_by_label("Title for visitors").press("Escape")
    expect(panel).not_to_have_attribute("open", "")
    expect(panel.locator("summary")).to_be_focused()
    page.locator(".select-bar select").first.press("Escape")
    expect(page.locator(".select-count")).to_have_text("1 photo selected")


def test_a_selection_is_downloaded_as_one_archive(page: Page, tmp_path: Path) -> None:
    tile(page, 0).hover()
    tile(page, 0).locator(".check").click()
    expect(page.locator(".select-bar option").first).to_have_text("Original photos")
    assert page.locator(".select-bar optgroup").count() > 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as ZIP").click()
    download.value.save_as(tmp_path / "a.zip")
    assert download.value.suggested_filename == "library.zip"
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["not included.txt"]  # the file is gone
    expect(page.locator(".select-count")).to_have_text("1 photo selected")


def test_a_long_press_selects_on_a_touch_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.reload()
    page.wait_for_selector(".tiles a >> nth=5")
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind: str, index: int | None = None) -> None:
        box = tile(page, index).bounding_box() if index is not None else None
        points = [{"x": box["x"] + 30, "y": box["y"] + 40}] if box else []
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 1)
    expect(page.locator(".select-count")).to_have_text("1 photo selected")
    touch("touchMove", 4)
    expect(page.locator(".select-count")).to_have_text("4 photos selected")
    touch("touchEnd")
    assert selected(page) == [1, 2, 3, 4]
    assert page.evaluate("scrollY") == 0
    touch("touchStart", 0)
    touch("touchEnd")
    expect(page.locator(".select-count")).to_have_text("5 photos selected")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    client.send("Emulation.setTouchEmulationEnabled", {"enabled": False})

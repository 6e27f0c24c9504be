"""What an open page shows while a run adds photos, and photos that are tried again from a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from jobs.gallery import live
from pipeline.library import Library
from schemas.records import RunState
from schemas.settings import IngestSettings
from schemas.tables import photos
from tests.support.browser import change_script, serving, watched_page
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file
from tests.support.made_photos import make_photo
from tests.support.relief import ingest_reliefs
from tests.support.viewer_pictures import WAIT_MS
from tests.support.waiting import wait_until


@pytest.fixture
def library(tmp_path: Path) -> Path:
    library = tmp_path / "library"
    library.mkdir()
    with new_catalog(library) as catalog:
        add(catalog, range(60), 2019)
        catalog.end_run(RUN, RunState.FINISHED, due=60, done=60, failed=0)
    return library


def add(catalog, numbers: range, year: int) -> None:  # type: ignore[no-untyped-def]
    for number in numbers:
        file = photo_file(f"IMG_{number:03d}.jpg")
        catalog.add_found([(file, None)])
        catalog.record(done(file, meta(year)), RUN)


@pytest.fixture
def page(
    library: Path, context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    monkeypatch.setattr(live, "_CONTENT_SECONDS", 0.0)
    monkeypatch.setattr(live, "_POLL_SECONDS", 0.1)
    with (
        serving(library, tmp_path / "cache") as address,
        watched_page(context, address) as page,
    ):
        page.goto(address)
        page.wait_for_selector(".tiles img")
        yield page


def first_tile_in_view(page: Page) -> tuple[str, float]:
    found: list[tuple[str, float]] = page.locator(".tiles a").evaluate_all(
        "links => links.map((link) => [link.pathname, link.getBoundingClientRect().top])"
    )
    return min((tile for tile in map(tuple, found) if tile[1] >= 100), key=lambda tile: tile[1])


def test_photos_that_a_run_adds_are_announced_and_move_nothing(page: Page, library: Path) -> None:
    strip, button = page.locator(".live"), page.locator(".fresh")
    expect(strip).to_be_hidden()
    page.evaluate("scrollTo(0, 400)")
    page.wait_for_timeout(300)
    before = first_tile_in_view(page)
    with Library.resolve(library).write() as catalog:
        catalog.begin_run("run 2", "ingest", {})
        expect(strip).to_contain_text("looking for what is due")
        add(catalog, range(60, 72), 2021)
        catalog.set_progress("run 2", due=20, done=12, failed=1, seconds=24.0)
        expect(strip).to_contain_text("12 done, 1 failed, 7 left")
        expect(strip).to_contain_text("32.5 a minute")
        expect(strip).to_contain_text("about 13 s to go")
        expect(button).to_have_text("12 new scenes: show")
        assert first_tile_in_view(page) == before
        catalog.end_run("run 2", RunState.FINISHED, due=20, done=19, failed=1, seconds=40.0)
    expect(strip).to_be_hidden()
    button.click()
    expect(page.locator(".count")).to_have_text("72 photos")
    expect(button).to_be_hidden()
    expect(page.locator(".period h2").first).to_contain_text("July 202112")
    expect(page.locator(".tiles a:focus")).to_be_in_viewport()


def test_at_the_top_new_photos_are_placed_in_silently(page: Page, library: Path) -> None:
    with Library.resolve(library).write() as catalog:
        catalog.begin_run("run 2", "ingest", {})
        add(catalog, range(60, 63), 2022)
        catalog.set_progress("run 2", due=3, done=3, failed=0, seconds=1.0)
        expect(page.locator(".count")).to_have_text("63 photos")
        expect(page.locator(".fresh")).to_be_hidden()
        assert page.evaluate("scrollY") == 0
        expect(page.locator(".period h2").first).to_contain_text("July 2022")


def test_what_is_seen_stays_when_photos_before_it_are_gone(page: Page, library: Path) -> None:
    with Library.resolve(library).write() as catalog:
        catalog.begin_run("run 2", "ingest", {})
        add(catalog, range(60, 90), 2021)
        catalog.end_run("run 2", RunState.FINISHED, due=30, done=30, failed=0)
        expect(page.locator(".count")).to_have_text("90 photos")
        page.evaluate("scrollTo(0, document.getElementById('period-2019-07').offsetTop + 100)")
        page.wait_for_timeout(300)
        before = first_tile_in_view(page)
        of_2021 = photos.c.taken_at >= datetime(2021, 1, 1)
        with catalog.connection.begin():
            catalog.connection.execute(photos.update().where(of_2021).values(state="failed"))
        catalog.begin_run("run 3", "ingest", {})
        catalog.end_run("run 3", RunState.FINISHED, due=0, done=0, failed=0)
    expect(page.locator(".count")).to_have_text("60 photos")
    after = first_tile_in_view(page)
    assert after == (before[0], pytest.approx(before[1], abs=1))


def leave_the_view(library: Path, names: list[str]) -> None:
    """Let photos fail, as if a run had done so."""
    ids = [photo_file(name).photo_id for name in names]
    with Library.resolve(library).write() as catalog:
        with catalog.connection.begin():
            rows = photos.update().where(photos.c.photo_id.in_(ids))
            catalog.connection.execute(rows.values(state="failed"))
        catalog.begin_run("run 2", "ingest", {})
        catalog.end_run("run 2", RunState.FINISHED, due=0, done=0, failed=0)


def test_the_photo_beside_one_that_leaves_the_view_is_focused(page: Page, library: Path) -> None:
    tiles = page.locator(".tiles a")
    tiles.nth(2).focus()
    _, _, gone, next_one = (
        tiles.nth(at).locator("img").get_attribute("alt") or "" for at in range(4)
    )
    leave_the_view(library, [gone.split(",")[0]])
    expect(page.locator(".count")).to_have_text("59 photos")
    expect(page.locator(".tiles a:focus").locator("img")).to_have_attribute("alt", next_one)


def test_where_all_photos_leave_the_view_the_heading_is_focused(page: Page, library: Path) -> None:
    page.locator(".tiles a").first.focus()
    leave_the_view(library, [f"IMG_{number:03d}.jpg" for number in range(60)])
    expect(page.locator(".count")).to_have_text("0 photos")
    expect(page.locator(".count")).to_be_focused()


def test_the_cluster_of_the_map_that_has_the_focus_keeps_it(page: Page) -> None:
    page.goto(urljoin(page.url, "/places"))
    clusters = page.locator(".map svg a")
    expect(clusters).to_have_count(1)
    clusters.first.focus()
    # The wheel changes what the clusters are, and their addresses.
    page.locator(".map svg").hover(position={"x": 5, "y": 5})
    with page.expect_response("**/api/map?*") as answer:
        page.mouse.wheel(0, 120)
    answer.value.finished()
    expect(clusters).to_have_count(1)
    expect(clusters).to_be_focused()


def test_what_came_is_asked_for_again_where_the_first_request_fails(
    page: Page, library: Path
) -> None:
    change_script(page, "new_photos.js", "AGAIN_MS = 10_000", "AGAIN_MS = 100")
    page.reload()
    page.wait_for_selector(".tiles img")
    failed: list[Route] = []

    def answer(route: Route) -> None:
        if len(failed) < 2:
            failed.append(route)
            route.fulfill(status=503)
        else:
            route.fallback()

    page.route("**/api/periods*", answer)
    with Library.resolve(library).write() as catalog:
        catalog.begin_run("run 2", "ingest", {})
        add(catalog, range(60, 63), 2022)
        catalog.end_run("run 2", RunState.FINISHED, due=3, done=3, failed=0)
    expect(page.locator(".count")).to_have_text("63 photos")

    def is_asked_again() -> bool:
        page.wait_for_timeout(50)  # requests are answered meanwhile
        return len(failed) == 2

    wait_until(is_asked_again)


# A timeline of photos in pages of four, whose answers come when the test lets them.
_RACE = """async () => {
  const { makeWords, Timeline } = await import("/static/timeline.js");
  let all = Array.from("bcdefghijklm");
  const held = [];
  let isHeld = false;
  const photosOf = async (_, last) => {
    const from = all.indexOf(last) + 1;
    const ids = all.slice(from, from + 4);
    const photos = ids.map((id) => [id, 4, 3, null, id, 1]);
    const answer = { photos, more: from + 4 < all.length };
    if (isHeld) await new Promise((resolve) => held.push(resolve));
    return answer;
  };
  const words = makeWords((text) => text, "en");
  const source = { ...words, photosOf, pageOf: (id) => id, thumbOf: () => "" };
  const until = async (is) => {
    while (!is()) await new Promise((done) => setTimeout(done, 5));
  };
  const element = document.createElement("div");
  document.body.append(element);
  element.hidden = true; // it asks for nothing by itself
  const grid = new Timeline(element, [["2019", 12]], source);
  const [period] = grid.periods;
  await period.fetchMore();
  isHeld = true;
  all = Array.from("abcdefghijklm");
  const update = grid.update([["2019", 13]]);
  await until(() => held.length === 1);
  const more = period.fetchMore();
  await until(() => held.length === 2);
  held[0]();
  await update;
  held[1]();
  await more;
  isHeld = false;
  while (!period.isComplete) await period.fetchMore();
  return period.photos.map(([id]) => id).join("");
}"""


def test_photos_fetched_while_a_month_is_fetched_anew_leave_no_gap(page: Page) -> None:
    assert page.evaluate(_RACE) == "abcdefghijklm"


def test_a_page_that_is_left_closes_its_connection(page: Page) -> None:
    expect(page.locator(".count")).to_have_text("60 photos")
    closed = page.evaluate(
        """() => new Promise((resolve) => {
          const close = EventSource.prototype.close;
          EventSource.prototype.close = function () { close.call(this); resolve(this.readyState); };
          dispatchEvent(new PageTransitionEvent("pagehide"));
        })"""
    )
    assert closed == 2


def test_failures_are_tried_again_from_the_page(context: BrowserContext, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in (1, 2, 3):
        make_photo(folder / f"{seed}.jpg", seed)
    whole = make_photo(tmp_path / "whole.jpg", 4).read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    library = tmp_path / "library"
    ingest_reliefs(library, folder / "half.jpg")
    ingest_reliefs(library, folder, settings=IngestSettings(limit=1))
    with (
        serving(library, tmp_path / "cache") as address,
        watched_page(context, address) as page,
    ):
        page.goto(f"{address}/problems?state=failed")
        expect(page.get_by_role("button", name="Try this photo again")).to_be_enabled()
        again = page.get_by_role("button", name=re.compile("Try again: .*half.jpg"))
        again.press("Enter")
        status = page.locator(".make-all [role=status]")
        # The process that makes them takes long to start on a busy machine.
        expect(status).to_have_text("0 made, 1 failed", timeout=4 * WAIT_MS)
        expect(again).to_be_enabled()
        expect(again).to_be_focused()
        page.goto(f"{address}/problems?state=due")
        expect(page.get_by_role("button", name=re.compile("Make its scene now: "))).to_have_count(2)
        page.get_by_role("button", name="Make these 2 scenes now").press("Enter")
        expect(page.locator(".problems button").first).to_have_text("Asked for")
        expect(page.locator(".problems li")).to_have_count(0, timeout=4 * WAIT_MS)
        expect(page.get_by_role("heading", level=1)).to_contain_text("0 photos")
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        page.goto(address)
        expect(page.locator(".count")).to_have_text("3 photos")

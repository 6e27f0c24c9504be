"""The gallery's pages in a real browser: keys, addresses, languages, and who is asked for what."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from jobs.gallery.security import AccessPolicy
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from schemas.context_tables import places
from schemas.tables import photos, utc_now
from sharp_core.formats.registry import formats_written_here
from tests.support.browser import VIEWER, Watch, serving, watched_page
from tests.support.made_photos import make_photo
from tests.support.page_walk import covered_by, off_middle, small_targets
from tests.support.viewer_pictures import READY, WAIT_MS


def test_the_library_can_be_used_with_the_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector('.tiles a[tabindex="0"]')
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator(".tiles a:focus").count():
            break
    names = [page.locator(".tiles a:focus img").get_attribute("alt")]
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('.tiles a[data-period="undated"]:focus')
    names.append(page.locator(".tiles a:focus img").get_attribute("alt"))
    assert len(set(names)) == 2
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/photos/"))
    page.wait_for_selector(READY)
    undated = page.url
    page.keyboard.press("p")
    page.wait_for_url(lambda url: url != undated, wait_until="commit")
    page.wait_for_selector(READY)
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("/#photo-"))


NOTE_THE_PLACE = """addEventListener("pagehide", () => {
  if (location.pathname === "/") sessionStorage.setItem("left", scrollY);
});"""


def resting_place(page: Page) -> float:
    """Return how far the page is scrolled, once that changes no more."""
    places = [-1.0]
    while len(places) < 4 or len(set(places[-4:])) > 1:
        page.wait_for_timeout(150)
        places.append(page.evaluate("scrollY"))
    return places[-1]


def test_a_return_from_a_photo_keeps_the_place_and_the_focus(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 500, "height": 300})  # a page to scroll
    page.add_init_script(NOTE_THE_PLACE)
    page.goto(address)
    link = page.locator('.tiles a[data-period="undated"]')  # the last one, below the window
    href = link.get_attribute("href")
    for back in ("Escape", "the browser's own button"):
        link.click()  # which scrolls to it
        page.wait_for_url(re.compile("/photos/"))
        page.wait_for_load_state()
        if back == "Escape":
            page.keyboard.press(back)
        else:
            page.go_back()
        page.wait_for_selector(f'.tiles a[href="{href}"]:focus')
        left = page.evaluate("Number(sessionStorage.getItem('left'))")
        assert left > 0
        assert resting_place(page) == left, back
    page.keyboard.press("Home")
    page.wait_for_selector('noscript + .period a[data-index="0"]:focus')
    assert page.evaluate("scrollY") < left


def test_a_missing_thumbnail_is_an_empty_field(page: Page, address: str) -> None:
    page.route("**/thumbs/*.webp", lambda route: route.fulfill(status=404))
    page.goto(address)
    page.wait_for_selector(".tiles img.is-missing")
    image = page.locator(".tiles img").first
    # A picture of its own: browsers paint a sign of their own over a broken one.
    page.wait_for_function("document.querySelector('.tiles img').naturalWidth > 0")
    assert image.get_attribute("src") == "/static/missing.svg"
    assert image.get_attribute("alt")


def test_an_export_that_takes_long_says_so_and_then_what_failed(page: Page, address: str) -> None:
    page.goto(address)
    page.goto(f"{address}{page.locator('.tiles a').first.get_attribute('href')}")
    link = page.locator('.downloads a[href$="/page.html"]')
    state = page.locator('.downloads li:has(a[href$="/page.html"]) .made-state')
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/page.html", hold)
    link.click()
    expect(state).to_contain_text("Being made")
    assert link.get_attribute("aria-busy") == "true"
    while not waiting:
        page.wait_for_timeout(50)
    waiting.pop().fulfill(
        status=500, json={"error": "The disk is full.", "hint": "Free some space."}
    )
    expect(state).to_have_text("The disk is full. Free some space.")
    page.unroute("**/page.html")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".html")


def test_a_filtered_view_has_an_address(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("coffee")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/?text=coffee")
    expect(page.locator(".count")).to_have_text("1 photo")
    expect(page.locator(".tiles a")).to_have_count(1)
    page.get_by_role("link", name="coffee").first.click()
    page.wait_for_url(f"{address}/")
    filters = page.locator(".filters:not(.share)")
    filters.locator("summary").click()
    page.get_by_label("Taken from").fill("1990-01-02")
    # Leave the page as it is: browsers may show it again when a person goes back.
    page.route("**/?after=*", lambda route: route.fulfill(status=204))
    with page.expect_request(f"{address}/?after=1990-01-02"):
        filters.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Camera")).to_be_enabled()
    page.unroute("**/?after=*")


def test_a_dropped_photo_becomes_a_scene(page: Page, address: str, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "dropped.jpg", 5)
    page.goto(f"{address}/make")
    page.set_input_files("input[type=file]", photo)
    page.locator(".jobs").get_by_role("link", name="dropped.jpg").click(timeout=3 * WAIT_MS)
    page.wait_for_selector(READY)
    for name in [entry.name for entry in formats_written_here()]:
        with page.expect_download(timeout=3 * WAIT_MS) as download:
            page.locator(f'.downloads a[href*="scene.{name}?"]').click()
        assert download.value.suggested_filename == f"dropped.{name}"


def test_only_photos_near_the_window_are_in_the_page(
    context: BrowserContext, tmp_path: Path
) -> None:
    with serving(many_photos(tmp_path / "library", 3000), tmp_path / "cache") as address:
        page = context.new_page()
        watch = Watch(page)
        page.goto(address)
        tiles = page.locator(".tiles li")
        seen: set[str | None] = set()
        for share in (0, 0.3, 0.6, 1, 0.2):
            page.evaluate("share => scrollTo(0, share * document.body.scrollHeight)", share)
            page.wait_for_timeout(500)
            page.wait_for_function("document.querySelectorAll('.tiles li').length > 5")
            assert tiles.count() < 200
            found = page.locator(".tiles a").evaluate_all("all => all.map((link) => link.href)")
            assert len(found) == len(set(found))
            seen.update(found)
        assert len(seen) > 200
        page.locator(".tiles a").first.focus()
        for _ in range(3):
            page.keyboard.press("End")
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(300)
        assert page.locator(".tiles a:focus").count() == 1
        page.close()
    assert watch.complaints == []


def test_years_cover_nothing_and_places_are_named_as_they_are_read(
    context: BrowserContext, tmp_path: Path
) -> None:
    with (
        serving(many_photos(tmp_path / "library", 500), tmp_path / "cache") as address,
        watched_page(context, address) as page,
    ):
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 700})
            page.goto(address)
            page.wait_for_selector(".scrubber a")
            page.wait_for_selector(".tiles a")
            assert covered_by(page, ".scrubber a") == [], width
        year = page.locator(".scrubber a").nth(1)
        year.focus()
        name = year.text_content() or ""
        page.set_viewport_size({"width": 1200, "height": 700})  # they are placed anew
        page.wait_for_function("innerWidth === 1200 && !document.querySelector('.is-scrolling')")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()
        page.goto(f"{address}/places")
        assert page.locator(".map svg a").first.get_attribute("aria-label") == "Vienna, 500 photos"
        assert accessibility_problems(page) == []


def many_photos(library: Path, count: int) -> Path:
    """Make a library of photos of ten years at one place that share one thumbnail; return it."""
    library.mkdir()
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), "teal").save(buffer, "WEBP")
    (library / "thumb.webp").write_bytes(buffer.getvalue())
    rows = [
        {
            "photo_id": f"{index:032x}",
            "state": "done",
            "media_type": "jpeg",
            "bytes": 1,
            "width": 300 + index % 200,
            "height": 300,
            "taken_at": datetime(2010, 1, 1) + timedelta(days=3650 * index / count),
            "thumb_path": "thumb.webp",
            "found_at": utc_now(),
            "latitude": 48.2,
            "longitude": 16.4,
            "place_id": 1,
        }
        for index in range(count)
    ]
    engine = open_database(find_catalog(library), create=True)
    with engine.begin() as connection:
        connection.execute(photos.insert(), rows)
        connection.execute(places.insert(), {"place_id": 1, "city": "Vienna", "folded": "vienna"})
    engine.dispose()
    return library


def paths_of_pages(page: Page, address: str) -> tuple[str, ...]:
    """Return the addresses of all kinds of pages, that of a scene first and the library second."""
    page.goto(f"{address}/problems?state=failed")
    failed = page.locator(".problems a").first.get_attribute("href")
    page.goto(address)
    scene = page.locator(".tiles a").first.get_attribute("href")
    assert scene
    assert failed
    problems = ("/problems?state=failed", "/problems?state=skipped")
    others = (
        "/best",
        "/places",
        "/albums",
        "/ratings",
        "/shares",
        "/make",
        "/show",
        "/nothing",
        "/?text=no+one",
    )
    return (scene, "/", failed, *problems, *others)


def open_page(page: Page, address: str, path: str) -> None:
    """Open a page, and on it what can be opened."""
    page.goto(f"{address}{path}")
    if page.locator(".viewer[data-viewer]").count():
        page.wait_for_selector(READY)
        page.locator(".exports summary").click()
        page.locator(".technical summary").click()
    if path == "/":
        page.wait_for_selector(".tiles img")
        page.get_by_role("button", name="Select", exact=True).click()
        page.locator(".tiles a").first.click()
        page.wait_for_selector(".select-bar option", state="attached")
        page.locator(".filters:not(.share) summary").click()
    if path == "/show":
        page.wait_for_selector(".slideshow button")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_problem(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    for path in paths_of_pages(page, address):
        open_page(page, address, path)
        assert accessibility_problems(page) == [], path


def accessibility_problems(page: Page) -> list[tuple[str, str]]:
    """Return what axe finds on a page: its rule, and the first element at fault."""
    axe = VIEWER / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed: npm ci in viewer/")
    page.evaluate(axe.read_text())
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [(item["id"], item["nodes"][0]["html"]) for item in found]


def test_the_page_that_asks_for_the_token(
    context: BrowserContext, gallery_library: Path, tmp_path: Path
) -> None:
    access = AccessPolicy(token="right")
    with (
        serving(gallery_library, tmp_path / "cache", access) as address,
        watched_page(context, address) as page,
    ):
        hands = page.context.new_cdp_session(page)
        hands.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        page.goto(address)
        assert small_targets(page) + off_middle(page) == []
        assert accessibility_problems(page) == []
        field = page.get_by_label("Token")
        expect(field).to_be_focused()
        field.fill("wrong")
        field.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("This is not the token of this gallery.")
        expect(field).to_be_focused()
        field.fill("right")
        field.press("Enter")
        page.wait_for_selector(".tiles img")


def test_no_page_is_wider_than_its_window_nor_too_small_for_fingers(
    page: Page, address: str
) -> None:
    hands = page.context.new_cdp_session(page)
    hands.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    size = {"width": 320, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    hands.send("Emulation.setDeviceMetricsOverride", size)
    found: dict[str, list[str]] = {}
    for path in paths_of_pages(page, address):
        open_page(page, address, path)
        assert page.evaluate("matchMedia('(pointer: coarse)').matches")
        if faults := small_targets(page) + off_middle(page):
            found[path] = faults
        for width in (1440, 1024, 390, 320):
            hands.send("Emulation.setDeviceMetricsOverride", {**size, "width": width})
            widest = page.evaluate("document.documentElement.scrollWidth")
            assert widest <= width, path
    assert found == {}

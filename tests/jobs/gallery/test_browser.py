"""The gallery in a real browser: pages, keys, the viewer's pictures, and who is asked for what."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.scenes.page import ViewerStart, write_scene_page
from schemas.tables import photos, utc_now
from sharp_core.formats.registry import formats_written_here
from tests.support.browser import VIEWER, Watch, browser, serving, watched_page
from tests.support.made_photos import make_photo
from tests.support.paths import PHOTOS
from tests.support.viewer_pictures import READY, WAIT_MS, gray, picture, psnr, shift


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with browser(viewport={"width": 1000, "height": 700}) as context:
        yield context


@pytest.fixture(scope="module")
def address(gallery_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(gallery_library, tmp_path_factory.mktemp("cache")) as address:
        yield address


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    # Some tests make the server refuse something, which browsers report.
    with watched_page(context, address, WAIT_MS, ("Failed to load resource",)) as page:
        yield page


def open_scene(page: Page, address: str, name: str = "coffee.png") -> None:
    page.goto(address)
    page.locator(f'.tiles a:has(img[alt^="{name}"])').click()
    page.wait_for_selector(READY)


def test_moving_right_shifts_near_objects_left(page: Page, address: str) -> None:
    open_scene(page, address)
    before = picture(page)
    page.locator(".viewer canvas").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector('.viewer[data-settled="false"]', state="attached")
    after = picture(page)
    x, y, z = (float(value) for value in eye(page))
    assert x > 0
    assert (y, z) == (0, 0)
    height, width = before.shape
    middle = (
        slice(int(0.42 * height), int(0.58 * height)),
        slice(int(0.3 * width), int(0.7 * width)),
    )
    assert shift(before[middle], after[middle]) < 0
    page.keyboard.press("Home")
    page.wait_for_selector('.viewer[data-eye="0.0000 0.0000 0.0000"]')
    inside = (slice(8, -8), slice(8, -8))  # of the ring around what has the focus
    assert psnr(picture(page)[inside], before[inside]) > 40


def eye(page: Page) -> list[str]:
    return (page.locator(".viewer").get_attribute("data-eye") or "").split()


def test_buttons_drags_and_wheels_move_within_the_head_box(page: Page, address: str) -> None:
    open_scene(page, address)
    page.get_by_role("button", name="Move closer").click()
    # The next frame may be a while off.
    page.wait_for_selector('.viewer:not([data-eye="0.0000 0.0000 0.0000"])')
    page.wait_for_selector(READY)
    assert float(eye(page)[2]) > 0
    for _ in range(30):
        page.get_by_role("button", name="Move left").click()
    page.wait_for_selector(READY)
    reach = [float(value) for value in eye(page)]
    assert reach[0] < 0
    page.get_by_role("button", name="Move left").click()
    page.wait_for_timeout(500)
    assert [float(value) for value in eye(page)] == pytest.approx(reach, abs=2e-3)
    page.get_by_role("button", name="Back to the photo").click()
    page.wait_for_selector('.viewer[data-eye="0.0000 0.0000 0.0000"]')
    box = page.locator(".viewer canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 200, steps=5)
    page.mouse.up()
    page.wait_for_selector(READY)
    assert float(eye(page)[0]) > 0  # the scene follows the hand to the left
    before = float(eye(page)[2])
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(500)
    assert float(eye(page)[2]) > before


def test_the_stereo_view_shows_two_eyes_side_by_side(page: Page, address: str) -> None:
    open_scene(page, address)
    page.get_by_role("button", name="Side by side").click()
    page.wait_for_selector('.viewer[data-stereo="true"]')
    shown = picture(page)
    half = shown.shape[1] // 2
    left, right = shown[:, :half], shown[:, half : 2 * half]
    height = slice(int(0.42 * len(shown)), int(0.58 * len(shown)))
    middle = slice(int(0.3 * half), int(0.7 * half))
    assert shift(left[height, middle], right[height, middle], 20) < 0  # near: crossed
    assert psnr(left, right) > 12
    assert left.std() > 20


def test_the_camera_sways_until_it_is_stopped(page: Page, address: str) -> None:
    open_scene(page, address)
    page.get_by_role("button", name="Sway").click()
    page.wait_for_selector('.viewer[data-eye]:not([data-eye="0.0000 0.0000 0.0000"])')
    page.get_by_role("button", name="Sway").click()
    page.wait_for_selector(READY)
    still = eye(page)
    page.wait_for_timeout(600)
    assert eye(page) == still


def test_without_webgl_the_photo_and_a_message_are_shown(page: Page, address: str) -> None:
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
    page.goto(address)
    page.locator(".tiles a").first.click()
    page.wait_for_selector('.viewer[data-state="failed"]')
    expect(page.locator(".viewer-status")).to_contain_text("WebGL 2")
    expect(page.locator(".viewer-poster")).to_be_visible()


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


def resting_place(page: Page) -> float:
    """Return how far the page is scrolled, once that changes no more."""
    places = [-1.0]
    while len(places) < 4 or len(set(places[-4:])) > 1:
        page.wait_for_timeout(150)
        places.append(page.evaluate("scrollY"))
    return places[-1]


def test_a_return_from_a_photo_keeps_the_place_and_the_focus(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 500, "height": 300})  # a page to scroll
    page.goto(address)
    link = page.locator(".tiles a").last
    link.scroll_into_view_if_needed()
    href, top = link.get_attribute("href"), resting_place(page)
    assert top > 0
    for back in ("Escape", "the browser's own button"):
        link.click()
        page.wait_for_url(re.compile("/photos/"))
        page.wait_for_load_state()
        if back == "Escape":
            page.keyboard.press(back)
        else:
            page.go_back()
        page.wait_for_selector(f'.tiles a[href="{href}"]:focus')
        assert resting_place(page) == top, back
    page.keyboard.press("Home")
    page.wait_for_selector('noscript + .period a[data-index="0"]:focus')
    assert page.evaluate("scrollY") < top


def test_a_missing_thumbnail_is_an_empty_field(page: Page, address: str) -> None:
    page.route("**/thumbs/*.webp", lambda route: route.fulfill(status=404))
    page.goto(address)
    page.wait_for_selector(".tiles img.is-missing")
    shown = page.locator(".tiles img").first.evaluate("image => getComputedStyle(image).color")
    assert shown == "rgba(0, 0, 0, 0)"  # the name of the file is not painted


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
        status=500, json={"error": "The disk is full", "hint": "Free some space."}
    )
    expect(state).to_have_text("The disk is full. Free some space.")
    page.unroute("**/page.html")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".html")


def test_a_german_browser_gets_german_pages(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.set_extra_http_headers({"accept-language": "de-CH,de;q=0.9"})
    page.goto(address)
    expect(page.locator(".count")).to_have_text("2 Fotos")
    expect(page.locator(".period h2").first).to_contain_text(re.compile("Ohne Datum|er|20"))
    assert page.locator("html").get_attribute("lang") == "de"
    page.goto(f"{address}/best")
    expect(page.get_by_role("heading", level=1)).to_have_text("Die besten Szenen")
    page.close()


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


def test_a_dropped_photo_becomes_a_scene(page: Page, address: str, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "dropped.jpg", 5)
    page.goto(f"{address}/make")
    page.set_input_files("input[type=file]", photo)
    page.locator(".jobs").get_by_role("link", name="dropped.jpg").click()
    page.wait_for_selector(READY)
    for name in [entry.name for entry in formats_written_here()]:
        with page.expect_download() as download:
            page.get_by_role("link", name=name.upper(), exact=True).click()
        assert download.value.suggested_filename == f"dropped.{name}"


def test_a_scene_as_one_file_opens_from_disk(context: BrowserContext, tmp_path: Path) -> None:
    from sharp_core.formats.registry import write_scene
    from sharp_core.models.interface import PredictorInput
    from tests.support.relief import relief  # the engine of the scenes is slow to import

    image = Image.open(PHOTOS / "coffee.png").convert("RGB")
    sog, poster = io.BytesIO(), io.BytesIO()
    write_scene(sog, relief(PredictorInput(np.asarray(image), 500.0)), format_name="sog")
    image.save(poster, "WEBP")
    file = tmp_path / "scene.html"
    with file.open("wb") as out:
        view = ViewerStart('<b>"coffee"</b> & </title>', *image.size, 500.0)
        write_scene_page(out, view, sog.getvalue(), poster.getvalue())
    page = context.new_page()
    watch = Watch(page)
    page.goto(file.as_uri())
    page.wait_for_selector(READY, timeout=WAIT_MS)
    assert page.title() == view.title
    shown = picture(page)
    photo = gray(image.resize(shown.shape[::-1], Image.Resampling.LANCZOS))
    page.close()
    assert psnr(shown, photo) > 20
    assert [url for url in watch.requests if not url.startswith(("data:", "blob:"))] == [
        file.as_uri()
    ]
    assert watch.complaints == []


def test_a_360_scene_is_turned_all_around(context: BrowserContext, tmp_path: Path) -> None:
    from sharp_core.formats.registry import write_scene
    from tests.support.sphere_room import room_colors, room_scene, view_directions

    sog, poster = io.BytesIO(), io.BytesIO()
    write_scene(sog, room_scene(cells=96, height=256), format_name="sog")
    Image.new("RGB", (64, 32)).save(poster, "WEBP")
    file = tmp_path / "scene.html"
    with file.open("wb") as out:
        # As wide as high: its field of view is the same on a page of any width.
        view = ViewerStart("room", 400, 400, 200.0, is_360=True)
        write_scene_page(out, view, sog.getvalue(), poster.getvalue())
    page = context.new_page()
    page.set_viewport_size({"width": 500, "height": 460})
    page.goto(file.as_uri())
    page.wait_for_selector(READY, timeout=WAIT_MS)
    page.locator("canvas").focus()
    for presses, yaw in ((0, 0), (6, 90), (6, 180), (9, 315)):
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
        page.wait_for_timeout(200)
        page.wait_for_selector(READY, timeout=WAIT_MS)
        shown = picture(page)
        side = min(shown.shape)
        middle = [slice((size - side) // 2, (size + side) // 2) for size in shown.shape]
        a = np.radians(yaw)
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        focal = shown.shape[0] / 2
        truth = gray(Image.fromarray(room_colors(view_directions(side, focal, turn))))
        assert psnr(shown[tuple(middle)], truth) > 20, yaw
    page.close()


def test_only_photos_near_the_window_are_in_the_page(
    context: BrowserContext, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    many_photos(library, 3000)
    with serving(library, tmp_path / "cache") as address:
        page = context.new_page()
        watch = Watch(page)
        page.goto(address)
        tiles = page.locator(".tiles li")
        seen: set[str | None] = set()
        for share in (0, 0.3, 0.6, 1, 0.2):
            page.evaluate("share => scrollTo(0, share * document.body.scrollHeight)", share)
            page.wait_for_timeout(500)
            assert 5 < tiles.count() < 200
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


def many_photos(library: Path, count: int) -> None:
    """Fill a catalog with photos of ten years that share one thumbnail."""
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
        }
        for index in range(count)
    ]
    engine = open_database(find_catalog(library), create=True)
    with engine.begin() as connection:
        connection.execute(photos.insert(), rows)
    engine.dispose()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_problem(page: Page, address: str, scheme: str) -> None:
    axe = VIEWER / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed: npm ci in viewer/")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(address)
    photo = page.locator(".tiles a").first.get_attribute("href")
    others = (
        "/best",
        "/problems?state=failed",
        "/places",
        "/make",
        "/?text=nothing+at+all",
        "/show",
    )
    for path in ("/", photo, *others):
        page.goto(f"{address}{path}")
        if path == photo:
            page.wait_for_selector(READY)
        if path == "/":
            page.locator(".filters summary").click()
            page.wait_for_selector(".tiles img")
        page.evaluate(axe.read_text())
        found = page.evaluate("axe.run().then((result) => result.violations)")
        assert not found, [(path, item["id"], item["nodes"][0]["html"]) for item in found]


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_page_is_wider_than_its_window(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(address)
    photo = page.locator(".tiles a").first.get_attribute("href")
    for path in ("/", photo, "/best", "/problems?state=failed", "/places", "/make", "/show"):
        page.goto(f"{address}{path}")
        if path == "/":
            page.locator(".filters summary").click()
        if path == photo:
            page.wait_for_selector(READY)
            page.locator(".exports summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path

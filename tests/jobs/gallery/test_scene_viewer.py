"""The scene viewer of the gallery in a real browser: what a person sees, and what hands do."""

from __future__ import annotations

import io
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, CDPSession, Page, Route, expect

from jobs.gallery.derived import DerivedKind, FileRequest, derive
from jobs.gallery.reader import LibraryReader
from pipeline.library import Library
from pipeline.scenes import levels
from tests.support.browser import VIEWER, browser, serving, watched_page
from tests.support.paths import PHOTOS
from tests.support.relief import ingest_reliefs
from tests.support.viewer_pictures import READY, WAIT_MS, Pixels, gray, is_seen, picture, psnr

PHOTO = PHOTOS / "coffee.png"
# An emulator of WebXR: development only.
EMULATOR = VIEWER / "node_modules" / "iwer" / "build" / "iwer.min.js"


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    # A computer with a touch screen: fingers and a mouse are tried on the same pages.
    with browser(viewport={"width": 700, "height": 600}, has_touch=True) as context:
        yield context


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a gallery of two photos. The one of the coffee has scenes of two models."""
    root = tmp_path_factory.mktemp("gallery")
    photos, library = root / "photos", root / "library"
    photos.mkdir()
    for name in ("coffee.png", "el torcal rocks.jpg"):
        (photos / name).write_bytes((PHOTOS / name).read_bytes())
    ingest_reliefs(library, photos / "coffee.png", fingerprint="relief-0", color_gain=0.4)
    ingest_reliefs(library, photos)
    with serving(library, root / "cache") as address:
        yield address


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    # The engine clears a new buffer of integers in a headset with numbers of another kind, which
    # does nothing.
    with watched_page(context, address, also=("glClear: No defined conversion",)) as page:
        yield page


def scene_page(page: Page, address: str, name: str = "coffee.png") -> str:
    """Return the address of a photo's page."""
    page.goto(address)
    link = page.locator(f'.tiles a:has(img[alt^="{name}"])').get_attribute("href")
    return f"{address}{link}"


def eye(page: Page) -> tuple[float, ...]:
    text = page.locator(".viewer").get_attribute("data-eye") or "0 0 0"
    return tuple(float(value) for value in text.split())


def moved_eye(page: Page, before: tuple[float, ...]) -> tuple[float, ...]:
    """Wait until the camera has left `before` and rests; return where it is."""
    text = " ".join(f"{value:.4f}" for value in before)
    page.wait_for_selector(f'.viewer:not([data-eye="{text}"])')
    page.wait_for_selector(READY)
    return eye(page)


def photo_as(shown: Pixels) -> Pixels:
    image = Image.open(PHOTO).convert("RGB")
    return gray(image.resize(shown.shape[::-1], Image.Resampling.LANCZOS))


def test_loading_and_each_failure_are_seen_in_front_of_the_photo(page: Page, address: str) -> None:
    url = scene_page(page, address)
    waiting: list[Route] = []

    def keep(route: Route) -> None:  # a method of a list is not accepted
        waiting.append(route)

    page.route("**/scenes/*.sog", keep)
    page.goto(url)
    page.wait_for_selector('.viewer[data-state="loading"]')
    while not waiting:
        page.wait_for_timeout(50)
    expect(page.locator(".viewer-status")).to_have_text("Loading…")
    assert is_seen(page, ".viewer-status")
    waiting.pop().fulfill(body=b"no scene at all")
    page.wait_for_selector('.viewer[data-state="failed"]')
    expect(page.locator(".viewer-status")).to_contain_text("damaged")
    assert is_seen(page, ".viewer-status")
    page.unroute("**/scenes/*.sog")
    page.route("**/scenes/*.sog", lambda route: route.abort())
    page.reload()
    page.wait_for_selector('.viewer[data-state="failed"]')
    expect(page.locator(".viewer-status")).to_contain_text("does not answer")
    assert is_seen(page, ".viewer-status")


def test_the_photo_the_scene_its_depth_and_another_models_scene(page: Page, address: str) -> None:
    page.goto(scene_page(page, address))
    shown = picture(page)
    photo = photo_as(shown)
    # At rest the photo itself is there, as the browser scales it.
    at_rest = psnr(shown, photo)
    assert at_rest > 29
    page.get_by_role("button", name="Compare").click()
    divider = page.get_by_role("slider")
    expect(divider).to_be_focused()
    page.keyboard.press("Home")  # to the left: nothing of the photo is left
    scene = picture(page)
    inside = (slice(80, -8), slice(24, -8))  # below the choice, right of the divider
    flips = (photo[::-1], photo[:, ::-1], photo[::-1, ::-1])
    assert 20 < psnr(scene[inside], photo[inside]) < at_rest - 3
    flipped = max(psnr(scene[inside], flip[inside]) for flip in flips)
    assert psnr(scene[inside], photo[inside]) > flipped + 5
    # A darker scene of another model is to the left of the divider, in the middle again.
    for _ in range(50):
        page.keyboard.press("ArrowRight")
    page.get_by_role("combobox", name="Compare with").select_option(index=1)
    page.wait_for_selector('.viewer[data-compares="scene"]')
    both = picture(page)
    half = both.shape[1] // 2
    left, right = slice(8, half - 30), slice(half + 30, -8)
    assert both[:, left].mean() < 0.8 * scene[:, left].mean()
    assert both[:, right].mean() == pytest.approx(scene[:, right].mean(), rel=0.03)
    assert eye(page) == (0, 0, 0)  # the keys were the divider's
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="Depth").click()
    expect(page.locator(".viewer-scale")).to_contain_text("1.5 m")
    assert is_seen(page, ".viewer-scale")
    page.wait_for_timeout(500)
    depth = picture(page)
    rows, columns = depth.shape
    near = depth[int(0.45 * rows) : int(0.55 * rows), int(0.45 * columns) : int(0.55 * columns)]
    far = depth[: int(0.15 * rows), : int(0.15 * columns)]
    assert near.mean() > 200 > 60 > far.mean()
    page.get_by_role("button", name="Depth").click()
    assert psnr(picture(page), photo) > 29


def test_keys_work_without_a_click_and_with_shift(page: Page, address: str) -> None:
    url = scene_page(page, address)
    page.goto(url)
    page.wait_for_selector(READY)
    page.keyboard.press("ArrowRight")
    assert moved_eye(page, (0, 0, 0))[0] > 0
    page.keyboard.press("Shift+F")
    page.wait_for_selector(".viewer:fullscreen")
    page.keyboard.press("F")
    page.wait_for_selector(".viewer:not(:fullscreen)")
    page.keyboard.press("Shift+P" if page.locator('a[rel="prev"]').count() else "Shift+N")
    page.wait_for_url(lambda there: there != url)


def test_keys_that_the_divider_does_not_use_work_while_it_has_the_focus(
    page: Page, address: str
) -> None:
    url = scene_page(page, address)
    page.goto(url)
    page.wait_for_selector(READY)
    compare = page.get_by_role("button", name="Compare")
    compare.click()
    divider = page.get_by_role("slider")
    expect(divider).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(divider).to_have_value("49")
    assert eye(page) == (0, 0, 0)
    page.keyboard.press("f")
    page.wait_for_selector(".viewer:fullscreen")
    page.keyboard.press("f")
    page.wait_for_selector(".viewer:not(:fullscreen)")
    page.keyboard.press("p" if page.locator('a[rel="prev"]').count() else "n")
    page.wait_for_url(lambda there: there != url)
    page.wait_for_selector(READY)
    compare.click()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("/#photo-"))


def test_two_fingers_move_the_camera_and_flicks_lead_on(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    url = scene_page(page, address)
    page.goto(url)
    page.wait_for_selector(READY)
    hands = page.context.new_cdp_session(page)
    # Spread: closer, and to no side.
    touch(hands, [(150, 200), (230, 200)], [(120, 200), (260, 200)])
    closer = moved_eye(page, (0, 0, 0))
    assert closer[:2] == pytest.approx((0, 0), abs=0.01)
    assert closer[2] > 0
    # Together: both to the left, so the eye goes to the right; its distance stays.
    touch(hands, [(150, 200), (230, 200)], [(140, 200), (220, 200)])
    aside = moved_eye(page, closer)
    assert aside[0] > 0
    assert aside[2] == pytest.approx(closer[2], abs=1e-3)
    # Up with one finger: the page scrolls.
    touch(hands, [(195, 250)], [(195, 100)])
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > 50
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(200)
    # A slow drag moves the camera, a fast one leads to the photo beside this one.
    touch(hands, [(250, 200)], [(240, 200)])
    assert moved_eye(page, aside)[0] > aside[0]
    assert page.url == url
    is_first = page.locator('a[rel="next"]').count() > 0
    ends = ((300, 200), (60, 200))
    touch(hands, [ends[not is_first]], [ends[is_first]], step_seconds=0.01)
    page.wait_for_url(lambda there: there != url)
    assert re.search("/photos/", page.url)


def touch(
    hands: CDPSession,
    start: list[tuple[int, int]],
    end: list[tuple[int, int]],
    steps: int = 8,
    step_seconds: float = 0.1,
) -> None:
    """Move fingers from one place each to another, at a speed by the clock of the events."""
    now = time.time()

    def send(kind: str, step: int) -> None:
        share = step / steps
        points = [
            {"x": x0 + (x1 - x0) * share, "y": y0 + (y1 - y0) * share, "id": number}
            for number, ((x0, y0), (x1, y1)) in enumerate(zip(start, end, strict=True))
        ]
        event = {
            "type": kind,
            "touchPoints": [] if kind == "touchEnd" else points,
            "timestamp": now + step * step_seconds,
        }
        hands.send("Input.dispatchTouchEvent", event)

    send("touchStart", 0)
    for step in range(1, steps + 1):
        send("touchMove", step)
    send("touchEnd", steps)


def test_a_phone_held_sideways_shows_the_scene_in_full_height(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 700, "height": 330})
    page.goto(scene_page(page, address))
    page.wait_for_selector(READY)
    frame = page.locator(".viewer-frame").bounding_box()
    assert frame
    assert frame["height"] > 0.8 * 330
    assert is_seen(page, ".viewer-controls [title^=Sway]")


def test_a_coarse_level_comes_first_and_the_whole_scene_follows(
    context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    shutil.copy(PHOTO, tmp_path / "photos")
    ingest_reliefs(tmp_path / "library", tmp_path / "photos")
    monkeypatch.setattr(levels, "COARSE_GAUSSIANS", 6_000)
    reader = LibraryReader(Library.resolve(tmp_path / "library"), tmp_path / "cache")
    with reader.catalog() as connection:
        scene_id = connection.exec_driver_sql("SELECT scene_id FROM scenes").scalar_one()
    made = derive(reader, FileRequest(DerivedKind.LEVELS, scene_id))
    reader.cache.get(made.name, made.make)
    reader.close()
    waiting: list[Route] = []

    def keep(route: Route) -> None:  # a method of a list is not accepted
        waiting.append(route)

    with serving(tmp_path / "library", tmp_path / "cache") as address:
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.route("**/scenes/*.sog", keep)
        page.goto(scene_page(page, address))
        page.wait_for_selector(f'{READY}[data-level="coarse"]')
        page.locator(".viewer canvas").focus()
        for _ in range(4):  # as far as the photo in front has faded out
            page.keyboard.press("ArrowRight")
        moved = moved_eye(page, (0.0, 0.0, 0.0))
        coarse = picture(page)
        waiting.pop().continue_()
        page.wait_for_selector(f'{READY}[data-level="whole"]')
        assert eye(page) == moved
        whole = picture(page)
        page.close()
    assert 18 < psnr(coarse, whole) < 45


@pytest.mark.skipif(not EMULATOR.exists(), reason="iwer is not installed: npm ci in viewer/")
def test_a_headset_is_in_the_scene_at_true_scale_and_goes_on(page: Page, address: str) -> None:
    page.add_init_script(path=EMULATOR)
    page.add_init_script(
        "globalThis.headset = new IWER.XRDevice(IWER.metaQuest3, { stereoEnabled: true });"
        "headset.installRuntime({ forceInstall: true }); headset.position.set(0.4, 1.6, 0.2);"
    )
    url = scene_page(page, address)
    page.goto(url)
    page.wait_for_selector(READY)
    label = page.locator(".viewer canvas").first.get_attribute("aria-label")
    page.get_by_role("button", name="Headset").click()
    page.wait_for_selector('.viewer[data-headset][data-eye="0.0000 0.0000 0.0000"]')
    # Two centimetres of the head are two in the scene. Far away is at the side of the head box.
    page.evaluate("headset.position.x += 0.02; headset.position.y += 0.01;")
    page.wait_for_selector('.viewer[data-eye="0.0200 -0.0100 0.0000"]')
    page.evaluate("headset.position.x += 5")
    page.wait_for_selector('.viewer:not([data-eye^="0.0200"])')
    x, y, z = eye(page)
    assert 0.02 < x < 1
    assert (y, z) == (-0.01, 0)
    page.evaluate("headset.position.x -= 5")
    page.wait_for_selector('.viewer[data-eye="0.0200 -0.0100 0.0000"]')
    both = gray(Image.open(io.BytesIO(page.screenshot())))
    half = both.shape[1] // 2
    assert both[:, :half].std() > 10 < both[:, half:].std()  # an image for each eye
    # The photos are sorted by time: one of the two has no newer one.
    is_first = page.locator('a[rel="next"]').count() > 0
    hands = ("right", "left") if is_first else ("left", "right")
    press_trigger(page, hands[0])
    other = f'canvas:not([aria-label="{label}"])'
    page.wait_for_selector(other)
    assert page.url == url  # without leaving the page
    page.wait_for_selector('.viewer[data-eye="0.0000 0.0000 0.0000"]')  # its own photo's camera
    page.evaluate(
        "side => headset.controllers.right.updateAxes('thumbstick', side, 0)",
        -1 if is_first else 1,
    )
    page.wait_for_selector(f'canvas[aria-label="{label}"]')
    page.evaluate("headset.controllers.right.updateAxes('thumbstick', 0, 0)")
    page.wait_for_timeout(300)
    press_trigger(page, hands[0])
    page.wait_for_selector(other)
    page.evaluate("headset.activeSession.end()")
    page.wait_for_url(lambda there: there != url)  # the page of the scene that was shown last


def press_trigger(page: Page, hand: str) -> None:
    for value in (1, 0):
        page.evaluate(
            "([hand, value]) => headset.controllers[hand].updateButtonValue('trigger', value)",
            [hand, value],
        )
        page.wait_for_timeout(200)

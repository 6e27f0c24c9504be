"""The viewer in a real browser: its pictures, and what keys, buttons and drags do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.scenes.page import ViewerStart, write_scene_page
from tests.support.browser import Watch
from tests.support.paths import PHOTOS
from tests.support.viewer_pictures import READY, WAIT_MS, gray, picture, psnr, shift


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
    page.wait_for_selector('.viewer:not([data-eye="0.0000 0.0000 0.0000"])', state="attached")
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

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from schemas.choices import Trajectory
from sharp_core.render.api import make_renderer, render
from sharp_core.scene.cameras import Camera, eye_viewmat, target_depth
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.clips import ClipSettings, RenderInfo, StillSettings, make_clip, make_still
from sharp_core.views.encode_clip import CLIP_FORMATS
from tests.support.clips import decoded
from tests.support.render_recordings import random_scene
from tests.support.scenes import PHOTO, photo_scene

MP4 = CLIP_FORMATS[".mp4"]


def clip(settings: ClipSettings, suffix: str = ".mp4") -> tuple[list[np.ndarray], RenderInfo]:
    scene, buffer = photo_scene(), io.BytesIO()
    info = make_clip(buffer, CLIP_FORMATS[suffix], scene, PHOTO, settings)
    return decoded(buffer.getvalue(), suffix), info


def still(settings: StillSettings, scene: Gaussians | None = None) -> tuple[np.ndarray, RenderInfo]:
    buffer = io.BytesIO()
    info = make_still(buffer, scene or photo_scene(), PHOTO, settings)
    with Image.open(buffer) as picture:
        return np.array(picture), info


def sides_of(frame: np.ndarray) -> np.ndarray:
    return np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]]).max(axis=1)


@pytest.mark.parametrize("suffix", CLIP_FORMATS)
def test_the_info_of_a_clip_matches_its_file(suffix):
    settings = ClipSettings(seconds=0.5, long_side=120)
    frames, info = clip(settings, suffix)
    assert len(frames) == info.frames == round(0.5 * CLIP_FORMATS[suffix].fps)
    assert frames[0].shape == (info.height, info.width, 3) == (90, 120, 3)


@pytest.mark.parametrize("trajectory", Trajectory)
def test_a_clip_loops_without_a_jump_and_without_black_edges(trajectory):
    frames, info = clip(ClipSettings(trajectory=trajectory, seconds=1))
    assert info.zoom > 1
    steps = [
        np.abs(frame.astype(int) - following).mean()
        for frame, following in zip(frames, [*frames[1:], frames[0]], strict=True)
    ]
    assert 0 < steps[-1] <= max(steps[:-1])
    for frame in frames:
        assert sides_of(frame).min() > 60  # the darkest stripe is above 130


def test_without_a_crop_the_border_of_the_scene_is_visible():
    frames, info = clip(ClipSettings(crop=False, seconds=1))
    assert info.zoom == 1
    assert min(sides_of(frame).min() for frame in frames) < 20


def test_uncovered_pixels_show_the_background():
    frames, _ = clip(ClipSettings(crop=False, seconds=1, background=(1.0, 0.0, 0.0)), ".webp")
    # Left of the scene, seen from the right.
    leftmost = np.concatenate([frame[:, 0] for frame in frames]).astype(int)
    assert ((leftmost - [255, 0, 0]).__abs__().max(axis=1) < 40).any()


def test_depth_colors_go_from_blue_near_to_red_far():
    frames, _ = clip(ClipSettings(depth=True, seconds=0.2))
    top, bottom = frames[0][4].astype(int).mean(axis=0), frames[0][-4].astype(int).mean(axis=0)
    assert top[0] > top[2] + 50  # far: red
    assert bottom[2] > bottom[0] + 50  # near: blue


def test_a_still_from_the_photo_s_camera_matches_the_render():
    picture, info = still(StillSettings(crop=False))
    expected = render(photo_scene(), Camera(PHOTO, np.eye(4))).srgb8()
    np.testing.assert_array_equal(picture, expected)
    assert info == RenderInfo(PHOTO.width, PHOTO.height, 1, 1.0)


def test_the_crop_does_not_change_the_photo_s_own_view():
    picture, info = still(StillSettings())
    plain, _ = still(StillSettings(crop=False))
    assert info.zoom == 1
    assert np.abs(picture.astype(int) - plain).max() < 20  # borders lose their dark rim


def test_a_still_can_be_taken_from_any_position():
    eye = (0.1, -0.05, 0.2)
    scene = photo_scene()
    picture, _ = still(StillSettings(crop=False, eye=eye, long_side=100))
    seen = Camera(PHOTO.resized(100, 76), eye_viewmat(eye, target_depth(scene)))
    np.testing.assert_array_equal(picture, render(scene, seen).srgb8())


def test_a_given_renderer_gives_the_same_clip():
    scene, settings = photo_scene(), ClipSettings(seconds=0.2)
    alone, shared = io.BytesIO(), io.BytesIO()
    make_clip(alone, MP4, scene, PHOTO, settings)
    make_clip(shared, MP4, scene, PHOTO, settings, make_renderer(scene))
    assert alone.getvalue() == shared.getvalue()


def test_small_gaps_take_the_color_around_them():
    # Faint Gaussians of one colour everywhere: all that is seen is that colour, without the black.
    scene = photo_scene()
    scene.colors[:] = 0.5
    scene.opacities[:] = 0.2
    picture, _ = still(StillSettings(), scene)
    assert (np.abs(picture.astype(int) - 188) <= 1).all()


def test_a_scene_behind_the_camera_is_refused():
    scene = random_scene(10, 0)
    scene.means[:, 2] = -1
    with pytest.raises(ValueError, match="in front of the camera"):
        make_clip(io.BytesIO(), MP4, scene, PHOTO)


@pytest.mark.parametrize("settings", [{"seconds": 0}, {"seconds": -1}, {"fps": 0}])
def test_clips_without_duration_are_refused(settings):
    with pytest.raises(ValueError, match="frames a second"):
        ClipSettings(**settings)

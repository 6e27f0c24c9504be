"""A model in memory: it gives what a run gives, and says what is wrong with its input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sharp_batch as sb
from pipeline.decode.decode import decode
from schemas.records import MediaType
from sharp_core.models.small import predictor
from tests.support.made_photos import make_photo
from tests.support.small_model import one_torch_thread

CELLS = 32


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[sb.LoadedModel]:
    monkeypatch.setattr(predictor, "load", lambda *_: predictor.SmallPredictor(cells=CELLS))
    with one_torch_thread(), sb.load_model("small") as loaded:
        yield loaded


def test_a_photo_and_its_pixels_give_the_same_scene(model: sb.LoadedModel, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "one.jpg", 1)
    of_file = model.predict_photo(photo)
    pixels = decode(photo.read_bytes(), MediaType.JPEG)
    of_pixels = model.predict_pixels(pixels, focal_px=of_file.info.focal_px)
    assert of_file.gaussians.means.shape == (2 * CELLS * CELLS, 3)
    for one, other in zip(
        of_file.gaussians.to_numpy(), of_pixels.gaussians.to_numpy(), strict=True
    ):
        assert np.array_equal(one, other)
    assert of_file.focal_source is sb.FocalSource.DEFAULT
    assert of_pixels.focal_source is sb.FocalSource.USER
    assert of_file.scale_source == of_pixels.scale_source
    assert (of_pixels.info.width, of_pixels.info.height) == (320, 256)
    without = model.predict_pixels(pixels)
    assert without.info.focal_px == pytest.approx(of_file.info.focal_px)


def test_a_focal_length_that_is_given_counts(model: sb.LoadedModel, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "one.jpg", 1)
    given = model.predict_photo(photo, sb.PhotoSettings(focal_35mm=60))
    assert given.focal_source is sb.FocalSource.USER
    pixels = np.zeros((256, 320, 3), np.uint8)
    assert model.predict_pixels(pixels, focal_35mm=60).info.focal_px == given.info.focal_px


def test_a_view_of_what_was_predicted_is_rendered_and_written(
    model: sb.LoadedModel, tmp_path: Path
) -> None:
    scene = model.predict_photo(make_photo(tmp_path / "one.jpg", 1))
    camera = sb.view_camera(scene.gaussians, scene.info, eye=(0.02, 0, 0), long_side=96)
    view = sb.render(scene.gaussians, camera)
    assert view.srgb8().shape == (76, 96, 3)
    assert float(view.alpha.mean()) > 0.5
    for name in ("one.ply", "one.spz", "one.splat", "folder/meta.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        assert sb.write_splat_file(path, scene.gaussians, scene.info) == path
        assert len(sb.read_splat_file(path).gaussians) == 2 * CELLS * CELLS


@pytest.mark.parametrize(
    ("pixels", "options", "message"),
    [
        (np.zeros((9, 9), np.uint8), {}, r"found \(9, 9\) of uint8"),
        (np.zeros((9, 9, 3)), {}, "of float64"),
        (np.zeros((0, 9, 3), np.uint8), {}, "expected"),
        (np.zeros((9, 9, 3), np.uint8), {"focal_px": -1.0}, "above zero"),
        (np.zeros((9, 9, 3), np.uint8), {"focal_px": 9.0, "focal_35mm": 9.0}, "one of them"),
    ],
)
def test_pixels_that_make_no_sense_are_refused(
    model: sb.LoadedModel, pixels: np.ndarray, options: dict[str, float], message: str
) -> None:
    with pytest.raises(sb.UsageError, match=message):
        model.predict_pixels(pixels, **options)


def test_what_is_wrong_with_a_file_is_said_with_its_reason(
    model: sb.LoadedModel, tmp_path: Path
) -> None:
    photo = make_photo(tmp_path / "one.jpg", 1)
    photo.write_bytes(photo.read_bytes()[:500])
    with pytest.raises(sb.PhotoError, match=r"one\.jpg") as caught:
        model.predict_photo(photo)
    assert caught.value.reason is sb.FailureReason.TRUNCATED
    with pytest.raises(sb.UsageError, match="No such file"):
        model.predict_photo(tmp_path / "none.jpg")
    tiny = make_photo(tmp_path / "tiny.jpg", 1, size=(60, 40))
    with pytest.raises(sb.UsageError, match="too_small"):
        model.predict_photo(tiny, sb.PhotoSettings())
    assert len(model.predict_photo(tiny).gaussians) == 2 * CELLS * CELLS


def test_a_closed_model_and_one_without_weights_are_told(
    model: sb.LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARP_BATCH_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(sb.WeightsMissingError, match="'sharp'"):
        sb.load_model("sharp")
    with pytest.raises(sb.UsageError, match="no such model"):
        sb.load_model("huge")
    assert (model.name, model.device.type) == ("small", "cpu")
    model.close()
    with pytest.raises(sb.UsageError, match="is closed"):
        model.predict_pixels(np.zeros((9, 9, 3), np.uint8))

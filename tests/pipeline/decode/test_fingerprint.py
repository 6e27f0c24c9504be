"""How alike pictures are, and how sharp, by their files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from pipeline.decode.fingerprint import fingerprint, read_fingerprint
from pipeline.scan.media_type import media_type
from schemas.records import MediaType
from tests.support.paths import PHOTOS

PHOTO = PHOTOS / "el torcal rocks.jpg"


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    with Image.open(PHOTO) as image:
        return image.convert("RGB")


def bits_apart(one: Image.Image, other: Image.Image) -> int:
    return (fingerprint(one).gradients ^ fingerprint(other).gradients).bit_count()


def test_a_darker_smaller_recompressed_copy_is_alike(picture: Image.Image) -> None:
    file = io.BytesIO()
    half = picture.resize((picture.width // 2, picture.height // 2))
    ImageEnhance.Brightness(half).enhance(0.7).save(file, "JPEG", quality=60)
    assert bits_apart(picture, Image.open(file)) <= 4


def test_a_mirrored_picture_is_not_alike(picture: Image.Image) -> None:
    assert bits_apart(picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) > 20


def test_blur_lowers_the_sharpness_and_burnt_out_areas_the_exposure(picture: Image.Image) -> None:
    plain = fingerprint(picture)
    assert fingerprint(picture.filter(ImageFilter.GaussianBlur(12))).sharpness < plain.sharpness / 4
    assert (
        fingerprint(ImageEnhance.Brightness(picture).enhance(4.0)).exposure < plain.exposure - 0.2
    )


def test_a_jpeg_read_at_a_small_size_says_the_same(picture: Image.Image) -> None:
    large = picture.resize((2400, 1800), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    large.save(file, "JPEG", quality=92)
    read = read_fingerprint(file.getvalue(), MediaType.JPEG)
    assert read is not None
    assert (read.gradients ^ fingerprint(large).gradients).bit_count() <= 2


def test_other_formats_are_read_too(picture: Image.Image) -> None:
    file = io.BytesIO()
    picture.save(file, "PNG")
    read = read_fingerprint(file.getvalue(), MediaType.PNG)
    assert read is not None
    assert (read.gradients ^ fingerprint(picture).gradients).bit_count() <= 2


@pytest.mark.parametrize("media_type", [MediaType.JPEG, MediaType.HEIF, MediaType.PNG])
def test_a_damaged_file_has_none(media_type: MediaType) -> None:
    assert read_fingerprint(PHOTO.read_bytes()[:300], media_type) is None


def test_a_tiny_picture_has_one() -> None:
    assert fingerprint(Image.fromarray(np.zeros((1, 1, 3), np.uint8))).sharpness == 0.0


@pytest.mark.parametrize("name", ["el torcal rocks.jpg", "IMG_2682.heic", "coffee.png"])
def test_a_damaged_file_raises_nothing_whatever_its_decoder_does(name: str) -> None:
    data = (PHOTOS / name).read_bytes()
    kind = media_type(data, Path(name).suffix)
    for start in (2, 4, 20, 60, 200):
        damaged = data[:start] + b"\x12\x34" * 20 + data[start + 40 :]
        read_fingerprint(damaged, kind)
        read_fingerprint(damaged[: len(damaged) // 2], kind)
    assert read_fingerprint(data[:2] + bytes(40) + data[42:], kind) is None

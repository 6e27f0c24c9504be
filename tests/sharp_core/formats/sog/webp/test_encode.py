from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sharp_core.containers.webp import chunks
from sharp_core.formats.sog.settings import SogOptions
from sharp_core.formats.sog.webp.encode import encode_webp
from sharp_core.formats.sog.write import prepare_sog
from tests.support.clouds import GRID_INFO
from tests.support.scenes import photo_scene

SIZES = [(1, 1), (1, 2), (2, 1), (1, 300), (300, 1), (7, 5), (16, 16), (33, 17), (65, 130)]


def decoded(file: bytes, channels: int) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as image:
        assert image.format == "WEBP"
        return np.asarray(image.convert("RGBA"))[..., :channels]


def noise(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    return rng.integers(0, 256, shape)


def two_colors(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    return rng.integers(0, 2, (*shape[:2], 1)) * 200 + np.arange(shape[2])


def one_color(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    return np.zeros(shape) + rng.integers(0, 256, shape[2])


def gradient(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (3 * rows + columns)[..., None] // np.arange(1, shape[2] + 1)


def steps(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Few different steps, so that the colour cache is worth it."""
    return gradient(rng, shape) + rng.integers(0, 2, shape)


def skewed(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Counts as unequal as those that give the longest codes."""
    return np.minimum(rng.geometric(0.45, shape), 255)


KINDS = [noise, two_colors, one_color, gradient, steps, skewed]


@pytest.mark.parametrize("like_green", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_images_decode_to_the_same_bytes(kind, channels: int, like_green: bool) -> None:
    rng = np.random.default_rng(1)
    for size in SIZES:
        image = kind(rng, (*size, channels)).astype(np.uint8)
        file = encode_webp(image, like_green=like_green)
        np.testing.assert_array_equal(decoded(file, channels), image)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from([3, 4]),
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
    st.integers(0, 1 << 30),
)
def test_mixtures_decode_to_the_same_bytes(height, width, channels, kinds, seed) -> None:
    rng = np.random.default_rng(seed)
    bands = [kind(rng, (height, width, channels)).astype(np.uint8) for kind in kinds]
    image = np.concatenate(bands)
    np.testing.assert_array_equal(decoded(encode_webp(image), channels), image)


def test_a_constant_alpha_costs_nothing() -> None:
    image = np.full((64, 64, 4), 252, np.uint8)
    image[..., :3] = noise(np.random.default_rng(2), (64, 64, 3))
    opaque = encode_webp(image[..., :3].copy())
    assert len(encode_webp(image)) < len(opaque) + 300  # one bit a pixel would be 512 bytes
    np.testing.assert_array_equal(decoded(encode_webp(image), 4), image)


def test_an_even_image_takes_few_bytes() -> None:
    assert len(encode_webp(np.full((512, 512, 3), 9, np.uint8))) < 200


@pytest.mark.parametrize("preset", ["default", "max"])
def test_images_of_scenes_decode_to_the_same_bytes(preset) -> None:
    planes = prepare_sog(photo_scene(cells=96), GRID_INFO, SogOptions(preset))
    for image in planes.images():
        np.testing.assert_array_equal(decoded(encode_webp(image), image.shape[2]), image)


@pytest.mark.parametrize("kind", [noise, gradient, steps])
def test_another_decoder_reads_the_same_bytes(kind) -> None:
    """FFmpeg has a decoder of its own, which is not libwebp's."""
    image = kind(np.random.default_rng(5), (70, 90, 4)).astype(np.uint8)
    with av.open(io.BytesIO(encode_webp(image)), format="webp_pipe") as container:
        frame = next(container.decode(video=0))
        np.testing.assert_array_equal(frame.to_ndarray(format="rgba"), image)


def test_bytes_are_the_same_in_each_run_and_in_threads() -> None:
    image = steps(np.random.default_rng(3), (200, 200, 3)).astype(np.uint8)
    first = encode_webp(image)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(encode_webp, [image] * 8)) == {first}


def test_the_file_is_one_chunk_of_its_length() -> None:
    for width in range(1, 9):
        file = encode_webp(np.arange(3 * width, dtype=np.uint8).reshape(1, width, 3))
        (chunk,) = chunks(file)
        assert chunk.kind == b"VP8L"
        assert int.from_bytes(file[4:8], "little") == len(file) - 8
        assert chunk.end + chunk.end % 2 == len(file)


@pytest.mark.parametrize("size", [(1, 16383), (16383, 1)])
def test_the_longest_side(size) -> None:
    image = np.arange(3 * 16383).astype(np.uint8).reshape(*size, 3)
    np.testing.assert_array_equal(decoded(encode_webp(image), 3), image)


@pytest.mark.parametrize("size", [(1, 16384), (16384, 1), (0, 5), (5, 0)])
def test_other_sides_are_refused(size) -> None:
    with pytest.raises(ValueError, match=f"1 to 16383 pixels, not {size[1]} x {size[0]}"):
        encode_webp(np.zeros((*size, 3), np.uint8))

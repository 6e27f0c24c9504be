from __future__ import annotations

import io
import sys

import av
import numpy as np
import pytest
import torch
from PIL import Image

from schemas.errors import MissingToolError
from sharp_core.views.encode_clip import CLIP_FORMATS, write_mp4, write_png
from tests.support.clips import decoded

FORMATS = CLIP_FORMATS.values()


def moving_square(count: int, width: int = 64, height: int = 48) -> list[np.ndarray]:
    frames = np.full((count, height, width, 3), (40, 80, 160), np.uint8)
    for i, frame in enumerate(frames):
        frame[10:30, 2 * i : 2 * i + 20] = (230, 200, 60)
    return list(frames)


def encoded(write, frames, fps: int) -> bytes:
    buffer = io.BytesIO()
    write(buffer, iter(frames), fps)
    return buffer.getvalue()


@pytest.mark.parametrize("clip_format", FORMATS, ids=lambda f: f.suffix)
def test_decoded_frames_match_the_input(clip_format):
    frames = moving_square(12)
    back = decoded(encoded(clip_format.write, frames, 15), clip_format.suffix)
    assert len(back) == len(frames)
    for frame, same in zip(frames, back, strict=True):
        assert np.abs(frame.astype(int) - same).mean() < 4


@pytest.mark.parametrize("clip_format", FORMATS, ids=lambda f: f.suffix)
def test_equal_frames_give_equal_bytes(clip_format):
    frames = moving_square(6)
    once, again = (encoded(clip_format.write, frames, 10) for _ in range(2))
    assert once == again


def test_the_bytes_of_an_mp4_do_not_depend_on_the_number_of_threads():
    frames = np.random.default_rng(0).integers(0, 256, (30, 96, 128, 3), np.uint8)
    threads = torch.get_num_threads()
    made = set()
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            made.add(encoded(write_mp4, frames, 30))
    finally:
        torch.set_num_threads(threads)
    assert len(made) == 1


def test_a_detailed_mp4_has_the_same_bytes_each_time():
    # x264 looks ahead over moving detail in other ways than over flat frames.
    random = np.random.default_rng(5)
    blocks = np.kron(random.integers(0, 256, (67, 120, 3)), np.ones((8, 8, 1), int))
    frames = [
        np.clip(np.roll(blocks, i, 1) + random.integers(-6, 6, blocks.shape), 0, 255).astype(
            np.uint8
        )
        for i in range(12)
    ]
    assert len({encoded(write_mp4, frames, 30) for _ in range(4)}) == 1


@pytest.mark.parametrize("clip_format", FORMATS, ids=lambda f: f.suffix)
def test_a_clip_without_frames_is_refused(clip_format):
    with pytest.raises(ValueError, match="without frames"):
        encoded(clip_format.write, [], 10)


def test_an_mp4_plays_in_browsers_and_phones():
    data = encoded(write_mp4, moving_square(12), 30)
    assert data.index(b"moov") < data.index(b"mdat")  # plays before it is loaded
    with av.open(io.BytesIO(data)) as container:
        (stream,) = container.streams.video
        context = stream.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (64, 48)
        assert (stream.average_rate, stream.frames) == (30, 12)
        assert float(stream.duration * stream.time_base) == pytest.approx(0.4)
        assert context.color_primaries == context.color_trc == context.colorspace == 1  # BT.709
        assert context.color_range == 1  # limited


@pytest.mark.parametrize(
    "rgb", [(255, 255, 255), (0, 0, 0), (200, 30, 30), (20, 180, 60), (30, 60, 220)]
)
def test_the_colors_of_an_mp4_match_its_color_description(rgb):
    # ITU-R BT.709: luma of 0.2126 R + 0.7152 G + 0.0722 B, in 16 to 235, chroma in 16 to 240.
    data = encoded(write_mp4, [np.full((32, 32, 3), rgb, np.uint8)] * 3, 30)
    with av.open(io.BytesIO(data)) as container:
        planes = next(container.decode(video=0)).to_ndarray()  # rows of Y, then U, then V
    red, green, blue = (level / 255 for level in rgb)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    expected = (
        16 + 219 * luma,
        128 + 224 * (blue - luma) / 1.8556,
        128 + 224 * (red - luma) / 1.5748,
    )
    found = (planes[:32].mean(), planes[32:40].mean(), planes[40:].mean())
    np.testing.assert_allclose(found, expected, atol=1.5)


def test_the_bit_rate_of_an_mp4_is_limited():
    random = np.random.default_rng(0)
    frames = random.integers(0, 256, (60, 160, 160, 3), np.uint8)
    bound = 1.5e6 * (160 / 960) ** 2  # what 1.5 MB for 960 px are here
    assert len(encoded(write_mp4, frames, 30)) < bound


@pytest.mark.parametrize(("suffix", "tick_ms"), [(".webp", 1), (".gif", 10)])
@pytest.mark.parametrize("fps", [7, 10, 30])
def test_a_loop_has_the_requested_duration(suffix, tick_ms, fps):
    data = encoded(CLIP_FORMATS[suffix].write, moving_square(14), fps)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.info["loop"] == 0
        times = []
        for number in range(picture.n_frames):
            picture.seek(number)
            picture.load()
            times.append(picture.info["duration"])
    assert sum(times) == pytest.approx(14 / fps * 1000, abs=tick_ms)
    assert max(times) - min(times) <= tick_ms


def test_a_png_is_lossless():
    frame = moving_square(1)[0]
    buffer = io.BytesIO()
    write_png(buffer, frame)
    with Image.open(buffer) as picture:
        assert picture.format == "PNG"
        np.testing.assert_array_equal(np.array(picture), frame)


def test_the_error_for_a_missing_encoder_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingToolError, match="pip install av"):
        encoded(write_mp4, moving_square(1), 30)

from __future__ import annotations

import io
import re
import sys

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type as SideDataType

from sharp_core.containers.isobmff import box_bytes
from sharp_core.spatial.stereo_mp4 import StereoMode, with_stereo_mode
from sharp_core.views.encode_clip import FramePacking, write_mp4

FRAMES = [np.full((64, 96, 3), 40 * index, np.uint8) for index in range(5)]

FFMPEG_TYPES = {"SIDE_BY_SIDE": 1, "TOP_BOTTOM": 2}  # of AVStereo3D, which begins with it


def stereo_type(frame: av.VideoFrame) -> int | None:
    found = [bytes(one) for one in frame.side_data if one.type == SideDataType.STEREO3D]
    return int.from_bytes(found[0][:4], sys.byteorder) if found else None


def mp4(packing: FramePacking | None = None) -> bytes:
    buffer = io.BytesIO()
    write_mp4(buffer, FRAMES, 30, packing)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", StereoMode)
def test_another_reader_finds_the_mode_and_the_same_pictures(mode: StereoMode) -> None:
    plain = mp4()
    marked = with_stereo_mode(plain, mode)
    assert len(marked) == len(plain) + 13
    with av.open(io.BytesIO(plain)) as one, av.open(io.BytesIO(marked)) as other:
        # FFmpeg reads the box into side data of the stream, and into each frame.
        decoded = list(other.decode(video=0))
        for left, right in zip(one.decode(video=0), decoded, strict=True):
            np.testing.assert_array_equal(left.to_ndarray(), right.to_ndarray())
    assert len(decoded) == len(FRAMES)
    assert stereo_type(decoded[0]) == FFMPEG_TYPES[mode.name]


def test_the_pictures_themselves_say_how_eyes_lie() -> None:
    with av.open(io.BytesIO(mp4(FramePacking.TOP_BOTTOM))) as file:
        assert stereo_type(next(file.decode(video=0))) == FFMPEG_TYPES["TOP_BOTTOM"]
    with av.open(io.BytesIO(mp4())) as file:
        assert stereo_type(next(file.decode(video=0))) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "without a box moov"),
        (box_bytes(b"moov", box_bytes(b"trak", b"")), "without a box mdia"),
        (b"no MP4 at all, but a text of some length", "without a box moov"),
    ],
)
def test_what_is_no_mp4_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        with_stereo_mode(data, StereoMode.TOP_BOTTOM)


def test_a_file_is_marked_once() -> None:
    marked = with_stereo_mode(mp4(), StereoMode.TOP_BOTTOM)
    with pytest.raises(ValueError, match="already"):
        with_stereo_mode(marked, StereoMode.TOP_BOTTOM)

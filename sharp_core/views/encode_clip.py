"""Frames -> a clip that plays over and over: MP4 for the web and phones, WebP, GIF; or one PNG.

Writers write where they are told to: temporary names, syncing and renaming are the caller's.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from schemas.errors import MissingToolError

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB
Write = Callable[
    [BinaryIO, Iterable[Pixels], int], None
]  # to, frames of even sides, frames a second

# x264's constant quality: 38 dB or more on previews, at a third to one megabyte.
_CRF = 20
# The most bits a pixel of a frame, and how many of them may be spent ahead: grain and foliage get
# somewhat coarser, and a square clip of 960 px and 60 frames stays below 1.5 MB.
_MOST_BITS_PER_PIXEL = 0.17
_BITS_AHEAD_SECONDS = 0.3
# Coding units of H.264's colour description: ITU-R BT.709 for primaries, transfer and matrix.
_BT709 = 1
_LIMITED_RANGE = 1  # luma from 16 to 235, which every player assumes

_WEBP_QUALITY = 70
_WEBP_METHOD = 4  # beyond, time doubles for a few percent
_GIF_COLORS = 256
_GIF_TICK_MS = 10

_NO_FRAMES = "a clip without frames shows nothing"


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """One kind of clip, with the size and pace at which its files stay small enough to send."""

    suffix: str
    write: Write
    long_side: int
    fps: int


def write_mp4(file: BinaryIO, frames: Iterable[Pixels], fps: int) -> None:
    """Write H.264 with half colour resolution and the index in front, so that it plays at once.

    Raises MissingToolError if PyAV or its H.264 encoder is missing.
    """
    try:
        import av
        from av.video.reformatter import ColorRange, Colorspace
    except ImportError as error:
        raise MissingToolError(
            "MP4 clips need PyAV, which is not installed: pip install av"
        ) from error
    remaining = iter(frames)
    first = next(remaining, None)
    if first is None:
        raise ValueError(_NO_FRAMES)
    height, width, _ = first.shape
    # The index can be moved to the front only in a file that has a name.
    with tempfile.NamedTemporaryFile(suffix=".mp4") as named:
        with av.open(named.name, "w", "mp4", options={"movflags": "+faststart"}) as container:
            stream = _add_h264(container, width, height, fps)
            for pixels in itertools.chain([first], remaining):
                picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                    format="yuv420p",
                    dst_colorspace=Colorspace.ITU709,
                    src_color_range=ColorRange.JPEG,
                    dst_color_range=ColorRange.MPEG,
                )
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        shutil.copyfileobj(named, file)


def write_webp(file: BinaryIO, frames: Iterable[Pixels], fps: int) -> None:
    """Write an animated WebP."""
    pictures = _pictures(frames)
    pictures[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=_durations(len(pictures), fps, 1),
        loop=0,
        quality=_WEBP_QUALITY,
        method=_WEBP_METHOD,
    )


def write_gif(file: BinaryIO, frames: Iterable[Pixels], fps: int) -> None:
    """Write a GIF with one palette for all frames, or else colours would flicker."""
    pictures = _pictures(frames)
    width, height = pictures[0].size
    samples = pictures[:: max(1, len(pictures) // 4)]
    sheet = Image.new("RGB", (width, height * len(samples)))
    for row, picture in enumerate(samples):
        sheet.paste(picture, (0, row * height))
    palette = sheet.quantize(_GIF_COLORS, method=Image.Quantize.MEDIANCUT)
    dithered = [
        picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        for picture in pictures
    ]
    dithered[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=dithered[1:],
        duration=_durations(len(pictures), fps, _GIF_TICK_MS),
        loop=0,
        optimize=False,  # it would drop frames that are equal, and their time with them
    )


def write_png(file: BinaryIO, pixels: Pixels) -> None:
    """Write one picture."""
    Image.fromarray(pixels).save(file, "PNG")


CLIP_FORMATS = {
    clip_format.suffix: clip_format
    for clip_format in (
        ClipFormat(".mp4", write_mp4, long_side=960, fps=30),
        ClipFormat(".webp", write_webp, long_side=720, fps=15),
        ClipFormat(".gif", write_gif, long_side=400, fps=10),
    )
}


def _add_h264(container: OutputContainer, width: int, height: int, fps: int) -> VideoStream:
    import av

    try:
        stream = container.add_stream("libx264", rate=fps)
    except ValueError as error:  # the encoder is unknown
        raise MissingToolError(
            f"PyAV {av.__version__} was built without the H.264 encoder libx264: "
            "pip install --force-reinstall --only-binary :all: av"
        ) from error
    most_bits = int(_MOST_BITS_PER_PIXEL * max(width, height) ** 2 * fps)
    stream.options = {
        "crf": str(_CRF),
        "maxrate": str(most_bits),
        "bufsize": str(int(most_bits * _BITS_AHEAD_SECONDS)),
    }
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.thread_count = torch.get_num_threads()
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    return stream


def _pictures(frames: Iterable[Pixels]) -> list[Image.Image]:
    pictures = [Image.fromarray(pixels) for pixels in frames]
    if not pictures:
        raise ValueError(_NO_FRAMES)
    return pictures


def _durations(count: int, fps: int, tick_ms: int) -> list[int]:
    """Return the time of each frame in ms, in whole ticks, that add up to the clip's time."""
    ends = [round(1000 * i / fps / tick_ms) * tick_ms for i in range(count + 1)]
    return [end - start for start, end in itertools.pairwise(ends)]

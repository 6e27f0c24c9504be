"""Encode frames as a looping MP4, WebP or GIF, or one frame as PNG.

In: frames of 8-bit sRGB and a frame rate. Out: an encoded file in an open binary file. Temporary
names, fsync and rename are the caller's task.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from schemas.errors import MissingToolError

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB
# Arguments: output file, frames with even sides, frames per second.
WriteClip = Callable[[BinaryIO, Iterable[Pixels], int], None]

# x264's constant rate factor: 38 dB or more on previews, at a third to one megabyte.
_CRF = 20
# Maximum bit rate per pixel of a frame, and size of the rate buffer. Grain and foliage get somewhat
# coarser, and a square clip of 960 px and 60 frames stays below 1.5 MB.
_MOST_BITS_PER_PIXEL = 0.17
_RATE_BUFFER_SECONDS = 0.3
# Code of H.264's colour description: ITU-R BT.709 for primaries, transfer and matrix.
_BT709 = 1
_LIMITED_RANGE = 1  # luma from 16 to 235, which every player assumes

_WEBP_QUALITY = 70
_WEBP_METHOD = 4  # higher methods take twice the time for a few percent
_GIF_COLORS = 256
_GIF_TICK_MS = 10

_NO_FRAMES = "a clip without frames shows nothing"


class FramePacking(Enum):
    """How both eyes lie in a frame, by the numbers of H.264 (ITU-T H.264, D.2.26)."""

    SIDE_BY_SIDE = 3
    TOP_BOTTOM = 4


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """One clip format, with default size and frame rate that keep files small enough to send."""

    suffix: str
    write: WriteClip
    long_side: int
    fps: int
    check: Callable[[], None] = lambda: None  # raises MissingToolError where it cannot be written


def check_h264_encoder() -> None:
    """Raise MissingToolError if PyAV or its H.264 encoder is missing."""
    try:
        import av
    except ImportError as error:
        raise MissingToolError(
            "MP4 clips need PyAV, which is not installed: pip install av"
        ) from error
    try:
        av.codec.Codec("libx264", "w")
    except ValueError as error:  # the encoder is unknown
        raise MissingToolError(
            f"PyAV {av.__version__} was built without the H.264 encoder libx264: "
            "pip install --force-reinstall --only-binary :all: av"
        ) from error


def write_mp4(
    file: BinaryIO, frames: Iterable[Pixels], fps: int, packing: FramePacking | None = None
) -> None:
    """Write H.264 with half the colour resolution, and the index first, for streaming.

    `packing` tells players how both eyes lie in a frame. Raises MissingToolError if PyAV or its
    H.264 encoder is missing.
    """
    check_h264_encoder()
    import av
    from av.video.reformatter import ColorRange, Colorspace

    remaining = iter(frames)
    first = next(remaining, None)
    if first is None:
        raise ValueError(_NO_FRAMES)
    height, width, _ = first.shape
    # PyAV moves the index to the front only in a file that has a name.
    with tempfile.NamedTemporaryFile(suffix=".mp4") as named:
        with av.open(named.name, "w", "mp4", options={"movflags": "+faststart"}) as container:
            stream = _add_h264(container, width, height, fps, packing)
            for pixels in itertools.chain([first], remaining):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                    format="yuv420p",
                    dst_colorspace=Colorspace.ITU709,
                    src_color_range=ColorRange.JPEG,
                    dst_color_range=ColorRange.MPEG,
                )
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        shutil.copyfileobj(named, file)


def write_webp(file: BinaryIO, frames: Iterable[Pixels], fps: int) -> None:
    """Write an animated WebP."""
    images = _pil_images(frames)
    images[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=_durations(len(images), fps, 1),
        loop=0,
        quality=_WEBP_QUALITY,
        method=_WEBP_METHOD,
    )


def write_gif(file: BinaryIO, frames: Iterable[Pixels], fps: int) -> None:
    """Write a GIF. All frames share one palette, since colours would flicker otherwise."""
    images = _pil_images(frames)
    width, height = images[0].size
    samples = images[:: max(1, len(images) // 4)]
    sheet = Image.new("RGB", (width, height * len(samples)))
    for row, image in enumerate(samples):
        sheet.paste(image, (0, row * height))
    palette = sheet.quantize(_GIF_COLORS, method=Image.Quantize.MEDIANCUT)
    dithered = [
        image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for image in images
    ]
    dithered[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=dithered[1:],
        duration=_durations(len(images), fps, _GIF_TICK_MS),
        loop=0,
        optimize=False,  # True would drop repeated frames together with their duration
    )


def write_png(file: BinaryIO, pixels: Pixels) -> None:
    """Write one image."""
    Image.fromarray(pixels).save(file, "PNG")


CLIP_FORMATS = {
    clip_format.suffix: clip_format
    for clip_format in (
        ClipFormat(".mp4", write_mp4, long_side=960, fps=30, check=check_h264_encoder),
        ClipFormat(".webp", write_webp, long_side=720, fps=15),
        ClipFormat(".gif", write_gif, long_side=400, fps=10),
    )
}


def _add_h264(
    container: OutputContainer, width: int, height: int, fps: int, packing: FramePacking | None
) -> VideoStream:
    stream = container.add_stream("libx264", rate=fps)
    most_bits = int(_MOST_BITS_PER_PIXEL * max(width, height) ** 2 * fps)
    stream.options = {
        "crf": str(_CRF),
        "maxrate": str(most_bits),
        "bufsize": str(int(most_bits * _RATE_BUFFER_SECONDS)),
    }
    parameters = _repeatable()
    if packing is not None:
        parameters.append(f"frame-packing={packing.value}")
    stream.options |= {"x264-params": ":".join(parameters)}
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.thread_count = 1  # with more, the limit of the rate changes bytes from time to time
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    return stream


def _repeatable() -> list[str]:
    """Return the parameters with which x264 gives the same bytes each time.

    Its AVX-512 code does not: at some sizes, such as 960 x 536, equal frames give other bytes in
    most runs. That code is left out where there is some; a processor that has it has AVX2.
    """
    import torch  # not for those who only ask which formats there are

    has_avx512 = "AVX512" in torch.backends.cpu.get_cpu_capability()
    return ["asm=avx2"] if has_avx512 else []


def _pil_images(frames: Iterable[Pixels]) -> list[Image.Image]:
    images = [Image.fromarray(pixels) for pixels in frames]
    if not images:
        raise ValueError(_NO_FRAMES)
    return images


def _durations(count: int, fps: int, tick_ms: int) -> list[int]:
    """Return the duration of each frame in ms, in whole ticks. Their sum has no rounding drift."""
    ends = [round(1000 * i / fps / tick_ms) * tick_ms for i in range(count + 1)]
    return [end - start for start, end in itertools.pairwise(ends)]

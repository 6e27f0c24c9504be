"""Rare kinds of pictures come out in the colours that libvips or ImageMagick gives them.

Where the two disagree, the table says which one is followed and why.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from pipeline.decode.decode import decode
from pipeline.scan.media_type import media_type
from sharp_core.containers.jpeg import segments
from tests.support.pictures import encode, scene
from tests.support.sample_files import color_picture, opacity, png_file, stored, tiff_file_of
from tests.support.tools import run_tool
from tests.support.xyb_files import xyb_jpeg

VIPS, MAGICK = "vips", "convert"
ADOBE = 0xEE


def inks() -> Image.Image:
    """CMYK with as much black as possible, as for a print."""
    color = scene() / 255
    black = 1 - color.max(axis=2, keepdims=True)
    cmy = (1 - color - black) / np.maximum(1 - black, 1e-6)
    samples = np.concatenate([cmy, black], axis=2) * 255 + 0.5
    return Image.fromarray(samples.astype(np.uint8), "CMYK")


def without_adobe(jpeg: bytes) -> bytes:
    """The same JPEG without the marker by which its inks count as inverted."""
    (marker,) = (s for s in segments(jpeg) if s.marker == ADOBE)
    return jpeg[: marker.start - 4] + jpeg[marker.end :]


def grey_and_opacity() -> np.ndarray:
    return stored(np.concatenate([color_picture(1), opacity()], axis=2), 16)


def print_jpeg() -> bytes:
    return encode(inks(), "JPEG", quality=95, subsampling=0)


class Case(NamedTuple):
    name: str
    data: bytes
    suffix: str
    tools: tuple[str, ...]
    most: float = 1.0  # mean difference, levels of 255


CASES = [
    # libvips assumes the inks of a press; browsers and ImageMagick subtract them from white.
    Case("inks", print_jpeg(), ".jpg", (MAGICK,)),
    Case("inks without Adobe's marker", without_adobe(print_jpeg()), ".jpg", (MAGICK,)),
    Case("inks in a TIFF", encode(inks(), "TIFF"), ".tif", (MAGICK,)),
    Case("16-bit grey with opacity", png_file(grey_and_opacity(), 16, 4), ".png", (VIPS, MAGICK)),
    Case(
        "16-bit grey with opacity in a TIFF",
        tiff_file_of(grey_and_opacity(), 16, 1, extra=(2,)),
        ".tif",
        (VIPS, MAGICK),
    ),
    # libvips takes floating-point colours for light, and floating-point grey for 0 to 255.
    *(
        Case(
            f"floating point, {bits} bits, {channels} channels",
            tiff_file_of(
                stored(color_picture(channels), bits, 3),
                bits,
                2 if channels == 3 else 1,
                sample_format=3,
            ),
            ".tif",
            (MAGICK,),
        )
        for bits in (16, 32, 64)
        for channels in (1, 3)
    ),
    # ImageMagick ends at 1.0.
    Case(
        "floating point up to 255",
        tiff_file_of(stored(color_picture(1) * 255, 32, 3), 32, 1, sample_format=3),
        ".tif",
        (VIPS,),
    ),
    Case("XYB", xyb_jpeg(scene()), ".jpg", (VIPS,), 2.0),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_colors(case, tmp_path):
    source = tmp_path / f"picture{case.suffix}"
    source.write_bytes(case.data)
    ours = decode(case.data, media_type(case.data)).astype(float)
    for tool in case.tools:
        made = tmp_path / f"{tool}.png"
        if tool == MAGICK:
            flat = ("-background", "white", "-flatten", "-depth", "8", "-colorspace", "sRGB")
            run_tool(tool, source, *flat, made)
        elif case.name == "XYB":
            embedded = ("srgb", "--embedded", "--intent", "perceptual")
            run_tool(tool, "icc_transform", source, made, *embedded)
        else:
            run_tool(tool, "colourspace", source, made, "srgb")
        assert np.abs(ours - on_white(made)).mean() <= case.most, tool


def on_white(path) -> np.ndarray:
    """A PNG of 8 or 16 bits as RGB of 8 bits."""
    image = decode(path.read_bytes(), media_type(path.read_bytes()))
    return image.astype(float)

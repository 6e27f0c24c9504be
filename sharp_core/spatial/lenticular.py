"""Lenticular prints: views of a light field, interlaced in strips behind a sheet of upright lenses.

A lens shows one strip at a time, over its whole width; which one depends on where the eye is. It
reverses left and right: what lies at the right of the strips is seen from the left. So a print has
one sample per lens across, and one per dot down.

Sheets and printers are never exact: a pitch test sheet has bands of several pitches. Behind the
lenses, the band whose pitch is that of the sheet is evenly black or white.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]
_MM_PER_INCH = 25.4
MOST_VIEWS = 24  # neighbouring strips blur into each other long before

# Of a pitch test: bands to either side of the wanted pitch, and the step between them as a share of
# it. Over 100 mm at 60 lenses per inch, one step is 0.4 lenses.
_BANDS_ASIDE = 10
_BAND_STEP = 1 / 600
_BAND_HEIGHT_MM = 6.0
_BAND_GAP_MM = 1.5
_LABEL_WIDTH_MM = 22.0
_WHITE, _BLACK = 255, 0


@dataclass(frozen=True, slots=True)
class LensPrint:
    """A print behind lenses."""

    width: int  # dots
    height: int
    lpi: float  # lenses per inch
    dpi: int
    views: int

    @property
    def lenses(self) -> int:
        """How many lenses lie over the print; the last one may stick out."""
        return math.ceil(self.width * self.lpi / self.dpi)

    @property
    def aspect(self) -> float:
        """Width over height of what lies behind all lenses."""
        return (self.lenses / self.lpi) / (self.height / self.dpi)


def lens_print(
    width_mm: float, aspect: float, lpi: float, dpi: int, views: int | None = None
) -> LensPrint:
    """Return a print of a width and an aspect. `views`: None for as many as fit."""
    width = dots(width_mm, dpi)
    return LensPrint(
        width, max(1, round(width / aspect)), lpi, dpi, views or views_that_fit(lpi, dpi)
    )


def dots(length_mm: float, dpi: int) -> int:
    """Return a length in dots."""
    return max(1, round(length_mm / _MM_PER_INCH * dpi))


def views_that_fit(lpi: float, dpi: int) -> int:
    """Return how many strips a print can have behind a lens: one for each dot, at most 24."""
    return min(MOST_VIEWS, int(dpi / lpi))


def interlace(printed: LensPrint, views: Iterable[Pixels]) -> Pixels:
    """Return the print (height, width, 3) of views from left to right.

    Each view has one pixel per lens across, and the print's height. Raises ValueError if there are
    more or fewer views than the print has.
    """
    lens, phase = _places(printed.width, printed.lpi, printed.dpi)
    shown = printed.views - 1 - np.floor(phase * printed.views).astype(np.int64)
    picture = np.empty((printed.height, printed.width, 3), np.uint8)
    for index, view in zip(range(printed.views), views, strict=True):
        columns = np.flatnonzero(shown == index)
        picture[:, columns] = view[:, lens[columns]]
    return picture


def pitches_around(lpi: float) -> list[float]:
    """Return the pitches of a pitch test's bands, in lenses per inch."""
    return [lpi * (1 + _BAND_STEP * step) for step in range(-_BANDS_ASIDE, _BANDS_ASIDE + 1)]


def pitch_test(lpi: float, dpi: int, width_mm: float) -> Pixels:
    """Return a pitch test sheet (H, W) in grey, with bands of pitches around `lpi`, labelled.

    Half of each lens is black and half white.
    """
    label, gap = dots(_LABEL_WIDTH_MM, dpi), dots(_BAND_GAP_MM, dpi)
    band, width = dots(_BAND_HEIGHT_MM, dpi), dots(width_mm, dpi)
    pitches = pitches_around(lpi)
    sheet = np.full((len(pitches) * (band + gap) + gap, label + width), _WHITE, np.uint8)
    for number, pitch in enumerate(pitches):
        top = gap + number * (band + gap)
        _, phase = _places(width, pitch, dpi)
        sheet[top : top + band, label:] = np.where(phase < 0.5, _BLACK, _WHITE)
    image = Image.fromarray(sheet)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(band * 0.6)
    for number, pitch in enumerate(pitches):
        middle = gap + number * (band + gap) + band // 2
        draw.text((label - gap, middle), f"{pitch:.2f}", _BLACK, font, "rm")
    return np.asarray(image)


def _places(
    width: int, lpi: float, dpi: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.floating]]:
    """Return over which lens each column of dots lies, and how far across it, from 0 to below 1."""
    place = (np.arange(width) + 0.5) * lpi / dpi
    lens = np.floor(place)
    return lens.astype(np.int64), place - lens

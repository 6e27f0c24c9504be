"""Colours that a container gives by numbers: code points of ITU-T H.273, or PNG's measured ones."""

from __future__ import annotations

from typing import NamedTuple

Point = tuple[float, float]  # chromaticity x, y (CIE 1931)


class Cicp(NamedTuple):
    """Code points of H.273: colour primaries (table 2) and transfer characteristics (table 3)."""

    primaries: int
    transfer: int


class Chromaticities(NamedTuple):
    """The chromaticities of a display's white and primaries."""

    white: Point
    red: Point
    green: Point
    blue: Point


class MeasuredColors(NamedTuple):
    """A gamma, by which sample = light ** gamma, and chromaticities; sRGB's where there is none."""

    gamma: float | None
    chromaticities: Chromaticities | None


Colors = Cicp | MeasuredColors

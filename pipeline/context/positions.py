"""Where a photo was taken, as JSON files and databases say it: numbers, or what stands for none."""

from __future__ import annotations

import math

from pipeline.metadata.position import GpsPosition, position_of


def read_position(latitude: object, longitude: object, altitude: object = None) -> GpsPosition:
    """Return what makes sense of a position, in degrees and metres.

    Zero in both coordinates, and an altitude of zero, stand for unknown ones.
    """
    found = position_of(_number(latitude), _number(longitude), _number(altitude) or None)
    return found if found.latitude is not None else GpsPosition()


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)

"""Make and model of a camera -> the size of its sensor, from the table in cameras.csv.

The table holds makers' published figures, in millimetres, and covers families of models with one
regular expression each: the first line that matches a whole model name counts.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_BRAND_OF_MAKE = {  # first words of EXIF makes that are not the brand's
    "asahi": "pentax",
    "eastman": "kodak",
    "hewlett": "hp",
    "jk": "kodak",
    "om": "olympus",
    "seiko": "epson",
}


class SensorSize(NamedTuple):
    """The light-sensitive area in millimetres; `long_mm` is never the shorter side."""

    long_mm: float
    short_mm: float


@cache
def sensor_size(make: str | None, model: str | None) -> SensorSize | None:
    """Look up a camera by its EXIF make and model, as cameras write them."""
    table = _table()
    brand, *_ = [*_words(make), ""]
    brand = _BRAND_OF_MAKE.get(brand, brand)
    name = _words(model)
    if name and name[0] in table:  # "NIKON D40", and "PENTAX K-1" by RICOH IMAGING
        brand, *name = name
    for pattern, size in table.get(brand, ()):
        if pattern.fullmatch(" ".join(name)):
            return size
    return None


def _words(text: str | None) -> list[str]:
    return _NOT_A_WORD.sub(" ", (text or "").lower()).split()


@cache
def _table() -> dict[str, list[tuple[re.Pattern[str], SensorSize]]]:
    table: dict[str, list[tuple[re.Pattern[str], SensorSize]]] = {}
    with files("pipeline.metadata").joinpath("cameras.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            size = SensorSize(float(row["width_mm"]), float(row["height_mm"]))
            table.setdefault(row["brand"], []).append((re.compile(row["model"]), size))
    return table

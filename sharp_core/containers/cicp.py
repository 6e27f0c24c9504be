"""Colours that a container gives by numbers: the code points of ITU-T H.273."""

from __future__ import annotations

from typing import NamedTuple


class Cicp(NamedTuple):
    """Code points of H.273: colour primaries (table 2) and transfer characteristics (table 3)."""

    primaries: int
    transfer: int

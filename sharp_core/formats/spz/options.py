"""How an SPZ is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SpzOptions:
    """How an SPZ is written.

    Most readers open version 3, PlayCanvas's engine only version 4, which is 4 % smaller.
    """

    version: Literal[3, 4] = 3

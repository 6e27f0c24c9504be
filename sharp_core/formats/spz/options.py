"""How an SPZ is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SpzOptions:
    """How an SPZ is written. All readers open version 3; version 4 is 4 % smaller and faster."""

    version: Literal[3, 4] = 3

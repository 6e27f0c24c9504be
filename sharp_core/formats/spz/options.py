"""How an SPZ is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SpzOptions:
    """How an SPZ is written. Version 3 opens everywhere, 4 is 4 % smaller and reads faster."""

    version: Literal[3, 4] = 3

"""How a PLY is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlyOptions:
    """How a PLY is written."""

    metadata_elements: bool = False
    """Store the photo's data in the elements of the published SHARP tool too. Several viewers
    refuse such files."""

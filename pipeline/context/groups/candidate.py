"""What grouping needs to know of a photo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from schemas.groups import Fingerprint
from schemas.records import MediaType

RAW_TYPES = (MediaType.DNG, MediaType.RAW)


@dataclass(frozen=True, slots=True)
class GroupCandidate:
    """A photo that may belong to a group."""

    photo_id: str
    path: str
    media_type: str
    bytes: int = 0
    taken_at: datetime | None = None
    camera: str | None = None  # make and model
    rating: int | None = None
    favorite: bool = False
    picked: bool = False
    edited_of: str | None = None  # file name, in the same folder
    burst_id: str | None = None
    exposure_bias: float | None = None  # EV, where the camera bracketed
    fingerprint: Fingerprint | None = None

    @property
    def folder(self) -> str:
        """The folder of the photo's file."""
        return str(PurePath(self.path).parent)

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return PurePath(self.path).stem

    @property
    def is_raw(self) -> bool:
        """Whether the file holds the sensor's data."""
        return self.media_type in RAW_TYPES

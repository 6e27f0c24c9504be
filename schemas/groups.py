"""Photos of one moment: a group, of which one photo represents the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath

from schemas.explained import ExplainedStr
from schemas.records import MediaType

_RAW_TYPES = (MediaType.DNG, MediaType.RAW)


class GroupKind(ExplainedStr):
    """What joins the photos of a group; of several kinds, the first here counts."""

    BURST = "burst", "frames of one burst"
    BRACKET = "bracket", "one view in several exposures"
    SIMILAR = "similar", "nearly the same picture, taken within seconds"
    EDIT = "edit", "a photo and its edits"
    FORMATS = "formats", "one shot in several file formats"


@dataclass(frozen=True, slots=True)
class PhotoGroup:
    """Photos of one moment, the one that represents them first. At least two."""

    kind: GroupKind
    photo_ids: tuple[str, ...]

    @property
    def group_id(self) -> str:
        """The representative's id: a group needs no name of its own."""
        return self.photo_ids[0]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a small version of the picture says: how alike it is to others, and how good."""

    gradients: int  # 64 bits: see `pipeline.decode.fingerprint`
    sharpness: float  # larger is sharper; comparable between photos of one scene only
    exposure: float  # 0 (all black or white) to 1: share of pixels that are neither


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
    has_scene: bool = False
    is_unusable: bool = False  # it failed or is skipped, or a person has hidden or trashed it

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
        return self.media_type in _RAW_TYPES

    def with_fingerprint(self, fingerprint: Fingerprint | None) -> GroupCandidate:
        """Return the candidate with a fingerprint, if there is one."""
        return self if fingerprint is None else replace(self, fingerprint=fingerprint)

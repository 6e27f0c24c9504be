"""Photos of one moment: a group, of which one photo represents the others."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.explained import ExplainedStr


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

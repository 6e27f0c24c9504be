"""Focal lengths that a person has set for photos: by which means, which counts, what a run changes.

All are 35 mm equivalents in millimetres. A photo has at most one from each source; the most trusted
one counts, before anything that the photo itself says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SAME_FOCAL = 1e-3  # relative: less than two settings differ, more than rounding does


class UserFocalSource(StrEnum):
    """How a person has set a focal length, most trusted first."""

    FLAG = "flag"  # --focal-35mm
    FOLDER_RULE = "folder_rule"  # of a nightly's configuration, for its sources
    SIDECAR = "sidecar"  # an XMP file beside the photo


UserFocals = Mapping[UserFocalSource, float]


@dataclass(frozen=True, slots=True)
class FocalChange:
    """What a run changes for each photo that it finds. By default nothing."""

    focal_35mm: float | None = None  # to set
    source: UserFocalSource = UserFocalSource.FLAG  # that sets it
    takes_back: tuple[UserFocalSource, ...] = ()  # sources whose values are forgotten

    @classmethod
    def asked_for(
        cls, focal_35mm: float | None, source: UserFocalSource, *, forget: bool
    ) -> FocalChange:
        """Return what a flag or a rule asks for; `forget` takes back both.

        A run without the flag leaves what earlier flags have set; a nightly without its rule takes
        the rule back.
        """
        takes_back: tuple[UserFocalSource, ...] = ()
        if forget:
            takes_back = (UserFocalSource.FLAG, UserFocalSource.FOLDER_RULE)
        elif source is UserFocalSource.FOLDER_RULE and focal_35mm is None:
            takes_back = (source,)
        return cls(focal_35mm, source, takes_back)

    def applied_to(self, focals: UserFocals) -> UserFocals:
        """Return what a photo's focal lengths are after the change."""
        kept = {source: mm for source, mm in focals.items() if source not in self.takes_back}
        return kept if self.focal_35mm is None else {**kept, self.source: self.focal_35mm}


NO_CHANGE = FocalChange()


def set_focal_35mm(focals: UserFocals) -> float | None:
    """Return the focal length that a flag or a rule sets: before a sidecar is read."""
    asked = (focals.get(source) for source in (UserFocalSource.FLAG, UserFocalSource.FOLDER_RULE))
    return next((focal for focal in asked if focal is not None), None)


def user_focal_35mm(focals: UserFocals) -> float | None:
    """Return the focal length that a person has set, by the most trusted source."""
    return next((focals[source] for source in UserFocalSource if source in focals), None)

"""Which photo of a group stands for the others: a person's choice first, then the best picture."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.context.groups.shot_names import Role, read_shot_name
from schemas.groups import GroupCandidate

# Beside the camera's own choice; an original is what a camera's effect was applied to.
_BY_ROLE = {Role.EDIT: 2, Role.BURST_COVER: 1, Role.ORIGINAL: -1}


def ranked(members: Iterable[GroupCandidate]) -> list[GroupCandidate]:
    """Return a group's photos, the representative first, equal ones by their paths."""
    photos = list(members)
    sharpest = max((c.fingerprint.sharpness for c in photos if c.fingerprint), default=0.0)
    return sorted(photos, key=lambda c: (_preference(c, sharpest), c.path))


def _preference(candidate: GroupCandidate, sharpest: float) -> tuple[float, ...]:
    """Return a key that is smaller for what is preferred."""
    role = read_shot_name(candidate.stem).role
    if candidate.edited_of:
        role = Role.EDIT
    return (
        int(candidate.is_unusable),
        -int(candidate.picked),
        -int(candidate.favorite),
        -(candidate.rating or 0),
        -int(candidate.has_scene),  # one is made already
        -_BY_ROLE.get(role, 0),
        abs(candidate.exposure_bias or 0.0),  # of a bracket the middle one
        int(candidate.is_raw),  # a camera's own JPEG is developed
        -_quality(candidate, sharpest),
        -candidate.bytes,
    )


def _quality(candidate: GroupCandidate, sharpest: float) -> float:
    """Return 0 to 1: how sharp beside the sharpest of the group, and how well exposed."""
    print_ = candidate.fingerprint
    if print_ is None or sharpest <= 0.0:
        return 0.0
    # In steps of a tenth: smaller differences are noise, and the larger file is the better one.
    return round(print_.sharpness / sharpest * print_.exposure, 1)

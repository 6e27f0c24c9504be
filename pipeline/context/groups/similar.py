"""Photos that are nearly the same: taken by one camera within seconds, with like pictures.

Time alone tells which photos may be alike, so only their pictures need to be compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

from schemas.groups import GroupCandidate

# Measured by scripts/measure_groups.py.
MAX_GAP = timedelta(seconds=4)
MAX_DISTANCE = 20  # of 64 bits


def neighbours_in_time(
    candidates: Iterable[GroupCandidate],
) -> Iterator[tuple[GroupCandidate, GroupCandidate]]:
    """Yield each photo with the next one that its camera took, where that was soon after."""
    by_camera: dict[str, list[GroupCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.taken_at is not None and candidate.camera:
            by_camera[candidate.camera].append(candidate)
    for photos in by_camera.values():
        photos.sort(key=lambda c: (c.taken_at, c.path))
        for earlier, later in pairwise(photos):
            assert earlier.taken_at is not None and later.taken_at is not None
            if later.taken_at - earlier.taken_at <= MAX_GAP:
                yield earlier, later


def are_alike(one: GroupCandidate, other: GroupCandidate) -> bool:
    """Tell whether two photos show nearly the same; False where a picture is not known."""
    if one.fingerprint is None or other.fingerprint is None:
        return False
    return (one.fingerprint.gradients ^ other.fingerprint.gradients).bit_count() <= MAX_DISTANCE

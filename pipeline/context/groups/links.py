"""Which pairs of photos belong together, by names, notes of the camera, and pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from pipeline.context.groups.shot_names import Role, read_shot_name
from pipeline.context.groups.similar import are_alike, neighbours_in_time
from schemas.groups import GroupCandidate, GroupKind

# Files of one name are one shot if they were taken at one time: counters restart at 0001.
_SAME_TIME = timedelta(seconds=2)
_BURST_ROLES = (Role.BURST_FRAME, Role.BURST_COVER)


class Link(NamedTuple):
    """Two photos that belong to one group."""

    one: str  # photo_id
    other: str
    kind: GroupKind


def find_links(candidates: Sequence[GroupCandidate]) -> Iterator[Link]:
    """Yield the links between photos, in any order."""
    yield from _by_name(candidates)
    yield from _by_stated_original(candidates)
    yield from _by_burst_id(candidates)
    for one, other in neighbours_in_time(candidates):
        if _are_bracketed(one, other):
            yield Link(one.photo_id, other.photo_id, GroupKind.BRACKET)
        elif are_alike(one, other):
            yield Link(one.photo_id, other.photo_id, GroupKind.SIMILAR)


def _by_name(candidates: Iterable[GroupCandidate]) -> Iterator[Link]:
    shots: dict[tuple[str, str], list[tuple[GroupCandidate, Role]]] = defaultdict(list)
    for candidate in candidates:
        name = read_shot_name(candidate.stem)
        shots[candidate.folder, name.shot].append((candidate, name.role))
    for members in shots.values():
        # With the first and the one before: a burst has hundreds of frames.
        pairs = [*pairwise(members), *((members[0], other) for other in members[2:])]
        for (one, one_role), (other, other_role) in pairs:
            kind = _kind_of_names(one, one_role, other, other_role)
            if kind is not None:
                yield Link(one.photo_id, other.photo_id, kind)


def _kind_of_names(
    one: GroupCandidate, one_role: Role, other: GroupCandidate, other_role: Role
) -> GroupKind | None:
    """Return what two files of one shot name are to each other; None for a chance."""
    roles = (one_role, other_role)
    if one_role in _BURST_ROLES and other_role in _BURST_ROLES:
        return GroupKind.BURST
    if any(role in _BURST_ROLES for role in roles):
        return None  # a photo and a burst of one second
    if Role.EDIT in roles:
        return GroupKind.EDIT
    if one.is_raw != other.is_raw:
        return GroupKind.FORMATS if _at_one_time(one, other, unknown=True) else None
    return GroupKind.FORMATS if _at_one_time(one, other, unknown=False) else None


def _at_one_time(one: GroupCandidate, other: GroupCandidate, *, unknown: bool) -> bool:
    if one.taken_at is None or other.taken_at is None:
        return unknown
    return abs(one.taken_at - other.taken_at) <= _SAME_TIME


def _by_stated_original(candidates: Sequence[GroupCandidate]) -> Iterator[Link]:
    edits = [candidate for candidate in candidates if candidate.edited_of]
    if not edits:
        return
    by_name = {
        (candidate.folder, candidate.path.rsplit("/", 1)[-1].casefold()): candidate
        for candidate in candidates
    }
    for edit in edits:
        assert edit.edited_of is not None
        original = by_name.get((edit.folder, edit.edited_of.casefold()))
        if original is not None and original.photo_id != edit.photo_id:
            yield Link(original.photo_id, edit.photo_id, GroupKind.EDIT)


def _by_burst_id(candidates: Iterable[GroupCandidate]) -> Iterator[Link]:
    first: dict[str, str] = {}
    for candidate in candidates:
        if candidate.burst_id:
            start = first.setdefault(candidate.burst_id, candidate.photo_id)
            if start != candidate.photo_id:
                yield Link(start, candidate.photo_id, GroupKind.BURST)


def _are_bracketed(one: GroupCandidate, other: GroupCandidate) -> bool:
    """Tell whether the camera took both for one picture: it says so, and exposures differ."""
    biases = (one.exposure_bias, other.exposure_bias)
    return None not in biases and biases[0] != biases[1]

"""Photos -> groups of one moment, each with its representative."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipeline.context.groups.links import Link, find_links
from pipeline.context.groups.representative import ranked
from schemas.groups import GroupCandidate, GroupKind, PhotoGroup

_ORDER = list(GroupKind)


def find_groups(candidates: Sequence[GroupCandidate]) -> list[PhotoGroup]:
    """Return the groups of two photos and more. The order of the photos makes no difference."""
    ordered = sorted(candidates, key=lambda candidate: candidate.photo_id)
    by_id = {candidate.photo_id: candidate for candidate in ordered}
    joined = _Joined(by_id)
    for link in find_links(ordered):
        joined.add(link)
    members: dict[str, list[GroupCandidate]] = defaultdict(list)
    for photo_id, candidate in by_id.items():
        members[joined.root(photo_id)].append(candidate)
    return [
        PhotoGroup(joined.kind(root), tuple(c.photo_id for c in ranked(photos)))
        for root, photos in members.items()
        if len(photos) > 1
    ]


class _Joined:
    """Sets of photos that links join (union-find), and the kind of each."""

    def __init__(self, photo_ids: Iterable[str]) -> None:
        self._parents = {photo_id: photo_id for photo_id in photo_ids}
        self._kinds: dict[str, GroupKind] = {}

    def root(self, photo_id: str) -> str:
        """Return the photo that stands for the set."""
        parents = self._parents
        while parents[photo_id] != photo_id:
            parents[photo_id] = parents[parents[photo_id]]
            photo_id = parents[photo_id]
        return photo_id

    def kind(self, root: str) -> GroupKind:
        """Return the first kind of the set's links."""
        return self._kinds[root]

    def add(self, link: Link) -> None:
        """Join the sets of both photos."""
        one, other = self.root(link.one), self.root(link.other)
        kinds = [link.kind, *(self._kinds[root] for root in (one, other) if root in self._kinds)]
        self._parents[other] = one
        self._kinds[one] = min(kinds, key=_ORDER.index)

"""Which photos of a run show one moment, found while their files are read, before any is predicted.

Names, notes of the camera and times tell which photos may belong together; only of those that are
close in time the pictures are compared, by a small version of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pipeline.catalog.text import path_on_disk
from pipeline.context.groups.grouping import find_groups
from pipeline.context.groups.shot_names import read_shot_name
from pipeline.context.groups.similar import neighbours_in_time
from pipeline.decode.fingerprint import read_fingerprint
from pipeline.scan.read_ahead import read_ahead
from schemas.groups import Fingerprint, GroupCandidate, PhotoGroup
from schemas.path_text import path_text
from schemas.records import MediaType


class GroupRecord(Protocol):
    """What grouping needs of a catalog."""

    def candidates(self, photo_ids: Collection[str]) -> list[GroupCandidate]:
        """Return photos, and all to whose groups they may belong by time, burst or group."""
        ...

    def record_groups(
        self,
        fingerprints: Mapping[str, Fingerprint],
        candidates: Collection[str],
        groups: Sequence[PhotoGroup],
    ) -> None:
        """Keep the fingerprints, and the groups of the candidates."""
        ...


class ShotIndex:
    """Photos by folder and the name of their shot, of the folders that are asked for."""

    def __init__(self, recorded: Callable[[str], Iterable[tuple[str, str]]]) -> None:
        """Take what returns path and photo_id of the recorded files in a folder."""
        self._recorded = recorded
        self._shots: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._indexed: set[str] = set()

    def add(self, path: str, photo_id: str) -> None:
        """Add a file that was read."""
        folder = path.rpartition("/")[0]
        if folder not in self._indexed:
            self._indexed.add(folder)
            for recorded, recorded_id in self._recorded(folder):
                self._shots[_shot(recorded)].add(recorded_id)
        self._shots[_shot(path)].add(photo_id)

    def of_same_shot(self, path: str) -> set[str]:
        """Return the photos whose names say that they are of the same shot."""
        return self._shots[_shot(path)]


def group_photos(photos: Iterable[tuple[str, str]], shots: ShotIndex, record: GroupRecord) -> None:
    """Group photos that were read, by path and photo_id, with all that are recorded."""
    read = list(photos)
    for path, photo_id in read:
        shots.add(path, photo_id)
    ids = {photo_id for _, photo_id in read}
    ids.update(*(shots.of_same_shot(path) for path, _ in read))
    if not ids:
        return
    candidates = record.candidates(ids)
    fingerprints = _missing_fingerprints(candidates)
    complete = [
        candidate.with_fingerprint(fingerprints.get(candidate.photo_id)) for candidate in candidates
    ]
    photo_ids = [candidate.photo_id for candidate in complete]
    record.record_groups(fingerprints, photo_ids, find_groups(complete))


def _missing_fingerprints(candidates: Sequence[GroupCandidate]) -> dict[str, Fingerprint]:
    """Read the pictures of photos that are close in time, where they are not known yet."""
    wanted = {
        one.photo_id: one
        for pair in neighbours_in_time(candidates)
        for one in pair
        if one.fingerprint is None
    }
    found = zip(wanted, read_ahead(_read_fingerprint, wanted.values()), strict=True)
    return {photo_id: print_ for photo_id, print_ in found if print_ is not None}


def _read_fingerprint(candidate: GroupCandidate) -> Fingerprint | None:
    try:
        data = Path(path_on_disk(candidate.path)).read_bytes()
    except OSError:
        return None
    return read_fingerprint(data, MediaType(candidate.media_type))


def _shot(path: str) -> tuple[str, str]:
    folder, _, name = path_text(path).rpartition("/")
    return folder, read_shot_name(name.rpartition(".")[0] or name).shot

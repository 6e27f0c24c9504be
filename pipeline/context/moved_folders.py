"""Where the folders of another program's database lie on this machine.

A catalog names folders by the paths of the computer that it was made on: `D:/Photos`, while the
same folder is `/mnt/photos` here. A folder is recognized by the photos' folders below it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set

from pipeline.context.texts import folded

_LEAST_SHARE = 0.5  # of a database's folders that must be found where its root is thought to be


class FolderPhotos:
    """Photos by their path, found whatever its case and its Unicode form are.

    Windows and macOS tell neither apart, and their programs write either.
    """

    def __init__(self, photos: Iterable[str]) -> None:
        self._paths: dict[str, str] = {}
        self._exact: set[str] = set()
        for path in photos:
            self._exact.add(path)
            self._paths.setdefault(folded(path), path)
        self.folders = frozenset(path.rpartition("/")[0] for path in self._paths)

    def find(self, base: str, relative: str) -> str | None:
        """Return the photo at `relative` below the folder `base`, or None."""
        path = f"{base}/{relative.strip('/')}"
        return path if path in self._exact else self._paths.get(folded(path))


def find_base(candidates: Sequence[str], inner: Sequence[str], found: FolderPhotos) -> str | None:
    """Return the folder in which a database's folders `inner` lie, or None.

    `candidates` are the paths that the database gives, most trusted first. Where no photo's folder
    is below any of them, that folder counts below which most of `inner` are, if no other has as
    many.
    """
    wanted = {folded(path.strip("/")) for path in inner}
    for candidate in candidates:
        base = folded(_plain(candidate))
        if any(_below(base, path) in found.folders for path in wanted):
            return base
    votes = Counter(base for folder in found.folders for base in _bases(folder, wanted))
    if not votes and wanted == {""}:
        name = folded(_plain(candidates[0])).rpartition("/")[2]
        same = [folder for folder in found.folders if folder.rpartition("/")[2] == name]
        return same[0] if len(same) == 1 else None
    return _winner(votes, len(wanted - {""}))


def _bases(folder: str, wanted: Set[str]) -> Iterator[str]:
    """Yield the folders below which a folder has one of the wanted paths."""
    at = folder.find("/")
    while at >= 0:
        if folder[at + 1 :] in wanted:
            yield folder[:at]
        at = folder.find("/", at + 1)


def _winner(votes: Counter[str], most: int) -> str | None:
    best = votes.most_common(2)
    if not best or best[0][1] < _LEAST_SHARE * most:
        return None
    return None if len(best) > 1 and best[1][1] == best[0][1] else best[0][0]


def _below(base: str, path: str) -> str:
    return f"{base}/{path}" if path else base


def _plain(path: str) -> str:
    """Return a path with slashes, without `..` and a slash at its end."""
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == ".." and parts and parts[-1]:
            parts.pop()
        elif part != "." and (part or not parts):
            parts.append(part)
    return "/".join(parts)

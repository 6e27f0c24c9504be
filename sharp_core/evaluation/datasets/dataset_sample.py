"""A sample of a data set: a source picture with its depth, and its targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sharp_core.evaluation.datasets.picture import PictureFile
from sharp_core.evaluation.sample import Target, Views


@dataclass(frozen=True, slots=True)
class DatasetSample:
    """One source picture and the pictures that are predicted from it."""

    dataset: str
    source: PictureFile
    targets: tuple[PictureFile, ...]
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The source's name."""
        return self.source.name

    @property
    def pairs(self) -> tuple[str, ...]:
        """Source and target of each pair."""
        return tuple(f"{self.source.name} to {target.name}" for target in self.targets)

    @property
    def files(self) -> tuple[Path, ...]:
        """All files, the source's picture first."""
        return (*self.source.files, *(path for target in self.targets for path in target.files))

    def read(self) -> Views:
        """Read the source. Raises PhotoError."""
        return Views(self.source.read(with_depth=True), self._targets(), self.notes)

    def _targets(self) -> Iterator[Target]:
        for pair, target in zip(self.pairs, self.targets, strict=True):
            yield Target(pair, target.read(with_depth=False))


def samples_of_pairs(
    dataset: str,
    pairs: Iterable[tuple[PictureFile, PictureFile]],
    notes: tuple[str, ...] = (),
) -> list[DatasetSample]:
    """Return pairs by their source, in the order of its name: each scene is predicted once."""
    by_source: dict[str, tuple[PictureFile, list[PictureFile]]] = {}
    for source, target in pairs:
        by_source.setdefault(source.name, (source, []))[1].append(target)
    return [
        DatasetSample(dataset, source, tuple(sorted(targets, key=lambda one: one.name)), notes)
        for _, (source, targets) in sorted(by_source.items())
    ]

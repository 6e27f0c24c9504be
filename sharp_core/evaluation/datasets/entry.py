"""What is known of a data set before its files are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.evaluation_settings import DatasetSettings
from schemas.registry import Lazy

if TYPE_CHECKING:
    from sharp_core.evaluation.datasets.dataset_sample import DatasetSample

# Raises UsageError where files are missing or make no sense.
FindSamples = Callable[[Path, DatasetSettings], Iterable["DatasetSample"]]


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One data set. To add one, write its file and name its entry in `registry`."""

    name: str
    label: str
    # Patterns of paths below the data set's folder, all of which have to exist in it.
    recognised_by: tuple[str, ...]
    find: Lazy[FindSamples]

    def recognises(self, folder: Path) -> bool:
        """Tell whether a folder looks like this data set."""
        return not self.missing_in(folder)

    def missing_in(self, folder: Path) -> tuple[str, ...]:
        """Return the patterns of which a folder has no file."""
        return tuple(
            pattern
            for pattern in self.recognised_by
            if next(iter(folder.glob(pattern)), None) is None
        )

"""Pairs of stage 1 from a folder of posed pictures with depth, in the layout of a data set.

The layouts are those of `sharp_core.evaluation.datasets`. Stereo pairs need a disparity map of each
eye: the depth of the novel view says which part of it the network could know.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from schemas.choices import DatasetSplit, LengthUnit
from schemas.count_text import count_text
from schemas.errors import PhotoError, UsageError
from schemas.evaluation_settings import DatasetSettings
from schemas.reasons import FailureReason
from sharp_core.evaluation.datasets.picture import PictureFile
from sharp_core.evaluation.datasets.registry import DATASETS, dataset_of
from sharp_core.scene.posed_picture import PosedPicture
from sharp_core.training.data.passes import Parted, parted, read_in_turn
from sharp_core.training.sharp.sources import TrainingPair

# Pictures that are read before a run, spread over the data set: each costs a fraction of a second.
_CHECKED = 32
_MOST_PAIRS = 1_000_000


@dataclass(frozen=True)
class PosedPairs:
    """Each pair of pictures once a pass; of many places, some are held out."""

    folder: Path
    pairs: Parted[tuple[PictureFile, PictureFile]]  # source, target
    seed: int = 0

    def check(self) -> None:
        """Raise UsageError unless all files exist and a sample of the pictures is sound."""
        pairs = (*self.pairs.trained, *self.pairs.held_out)
        if not pairs:
            raise UsageError(
                f"{self.folder} has no two pictures of one place", "Is the data set complete?"
            )
        pictures = {picture.name: picture for pair in pairs for picture in pair}
        missing = [path for one in pictures.values() for path in one.files if not path.is_file()]
        if missing:
            raise UsageError(
                f"{self.folder}: {count_text(len(missing), 'file is', 'files are')} missing, "
                f"such as {missing[0]}",
                "Download that part of the data set again.",
            )
        names = sorted(pictures)
        for index in np.unique(np.linspace(0, len(names) - 1, _CHECKED).astype(int)):
            try:
                _checked(pictures[names[index]])
            except PhotoError as error:
                raise UsageError(error.message, "Repair or remove that file.") from error

    def pair(self, number: int) -> TrainingPair:
        """Return pair `number`; in place of one that cannot be read, the next that can.

        Raises RunError if many pairs in a row cannot be read.
        """
        return read_in_turn(self.pairs, number, self.seed, _read)


def posed_pairs(
    folder: Path, *, dataset: str | None = None, unit: LengthUnit | None = None, seed: int = 0
) -> PosedPairs:
    """Return all pairs of the scenes for training of a data set.

    `dataset` None: recognised by its files. `unit` is that of its distances, where it is not the
    usual one. Raises UsageError.
    """
    entry = dataset_of([folder], dataset)
    if entry is None:
        raise UsageError(
            f"{folder} is not a folder of posed pictures in a known layout",
            f"Known layouts: {', '.join(DATASETS.names)}; see docs/how-to/evaluation.md.",
        )
    # Without a least overlap no depth map is read now.
    settings = DatasetSettings(
        split=DatasetSplit.TRAINING, pairs=_MOST_PAIRS, overlap=0, seed=seed, unit=unit
    )
    samples = entry.find.get()(folder, settings)
    pairs = tuple((sample.source, target) for sample in samples for target in sample.targets)
    # In all layouts the pictures of a place have a folder of their own.
    return PosedPairs(folder, parted(pairs, seed, lambda pair: pair[0].image.path.parent), seed)


def _read(pair: tuple[PictureFile, PictureFile]) -> TrainingPair:
    return TrainingPair(*(_checked(picture) for picture in pair))


def _checked(picture: PictureFile) -> PosedPicture:
    """Read a picture. Raises PhotoError for one without depth, or with depth that is not right."""
    read = picture.read(with_depth=True)
    assert read.depth_m is not None
    if not np.isfinite(read.depth_m).any():  # all else is checked where depth is read
        raise PhotoError(
            FailureReason.UNREADABLE,
            f"{picture.name}: no pixel has a depth, and training needs that of both pictures of a "
            "pair",
        )
    return read

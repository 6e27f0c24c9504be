"""Which pairs of a sequence of pictures are evaluated.

As in SHARP's paper: each sequence is cut into sets of ten views; pairs within a set whose depths
overlap by more than 60 % count; at most 512 pairs are drawn. The paper does not say how sets and
pairs are drawn. Here (not in the paper): consecutive tens by name, both directions of a pair, and a
seeded sample. All pairs are put into a seeded order and looked at one by one until enough have been
kept: that draws from all that fit, and reads no more depth maps than needed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import permutations

from schemas.errors import PhotoError, UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.dense_depth import densified
from sharp_core.evaluation.datasets.overlap import depth_overlap, reduced_depth
from sharp_core.evaluation.datasets.picture import PictureFile
from sharp_core.scene.posed_picture import Depth

SET_SIZE = 10

Pair = tuple[PictureFile, PictureFile]


def view_sets(sequence: Sequence[PictureFile]) -> list[tuple[PictureFile, ...]]:
    """Return consecutive sets of ten pictures, by name; a last one of at least two counts too."""
    ordered = sorted(sequence, key=lambda picture: picture.name)
    sets = [tuple(ordered[start : start + SET_SIZE]) for start in range(0, len(ordered), SET_SIZE)]
    return [views for views in sets if len(views) > 1]


def draw_pairs(sequences: Iterable[Sequence[PictureFile]], settings: DatasetSettings) -> list[Pair]:
    """Return the pairs (source, target) to evaluate.

    Raises UsageError where a depth map is damaged or in a wrong unit.
    """
    candidates = [
        pair
        for sequence in sequences
        for views in view_sets(sequence)
        for pair in permutations(views, 2)
    ]
    random.Random(settings.seed).shuffle(candidates)
    depths = _ReducedDepths()
    kept: list[Pair] = []
    for source, target in candidates:
        if len(kept) == settings.pairs:
            break
        if settings.overlap <= 0 or depths.overlap(source, target) > settings.overlap:
            kept.append((source, target))
    return kept


class _ReducedDepths:
    """Small depth maps of pictures, each read once."""

    def __init__(self) -> None:
        self._by_name: dict[str, Depth] = {}

    def overlap(self, source: PictureFile, target: PictureFile) -> float:
        first, second = (self._of(picture) for picture in (source, target))
        return depth_overlap(first, source.camera, second, target.camera)

    def _of(self, picture: PictureFile) -> Depth:
        if picture.name not in self._by_name:
            self._by_name[picture.name] = _reduced(picture)
        return self._by_name[picture.name]


def _reduced(picture: PictureFile) -> Depth:
    try:
        depth = picture.depth.read(picture.camera)
        if not picture.depth.is_dense:
            depth = densified(picture.image.read(), picture.camera, depth)
    except PhotoError as error:
        raise UsageError(error.message, "Repair or remove that file.") from error
    return reduced_depth(depth)

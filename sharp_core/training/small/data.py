"""Batches for training `small`: which photo, which crop, which scene, for each step.

A batch depends on the settings and the step's number alone, so a run that was stopped and
resumed sees what an unbroken one would have seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from sharp_core.models.small.config import OUTPUT_STRIDE
from sharp_core.training.loader import in_order
from sharp_core.training.small.augment import AugmentSettings, Pixels, augmented
from sharp_core.training.small.losses import Targets
from sharp_core.training.small.photos import LabelledPhoto, read_classes, read_label
from sharp_core.training.small.scenes import Sample, SceneSource
from sharp_core.training.small.sharpen import with_crisp_steps

# Relative inverse depth is 0 at this percentile of a picture and 1 at its complement.
_FAR_PERCENTILE = 2.0
# Below this spread a crop is flat: stretching it to 0 and 1 would only stretch its errors.
_MIN_SPREAD = 0.05
# Standard deviation in pixels of the distance of close pairs, in each direction.
_CLOSE_PX = 5.0


@dataclass(frozen=True)
class BatchShape:
    """One size of training picture, and how many fit into a step."""

    height: int
    width: int
    pictures: int
    weight: float
    """How often this shape is drawn, relative to the others."""


@dataclass(frozen=True)
class DataSettings:
    """What a run trains on."""

    shapes: tuple[BatchShape, ...] = (
        BatchShape(256, 256, 8, 0.25),
        BatchShape(224, 288, 8, 0.1),
        BatchShape(288, 224, 8, 0.1),
        BatchShape(288, 384, 4, 0.25),
        BatchShape(384, 288, 4, 0.15),
        BatchShape(320, 448, 4, 0.08),
    )
    procedural: float = 0.25
    """Share of procedural scenes in each batch."""
    min_crop: float = 0.5
    """Smallest crop, as a share of the largest one that has the shape's aspect."""
    whole: float = 0.4
    """Share of pictures that use the largest crop, as the network will see photos."""
    stretch: float = 0.12
    """Largest change of a crop's aspect, so that crops lose less of the photo."""
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    crisp_iterations: int = 8
    """Of the filter that makes the labels' soft steps crisp; 0 leaves them soft."""
    pairs: int = 2000
    """Pairs of pixels whose order is compared, a picture."""
    seed: int = 0


@dataclass(frozen=True)
class Batch:
    """Pictures (B, 3, H, W), sRGB in [0, 1], and their targets at half the size."""

    pictures: Tensor
    targets: Targets


class StepBatches(Dataset[Batch]):
    """The batch of each step, by the step's number."""

    def __init__(
        self, photos: tuple[LabelledPhoto, ...], scenes: SceneSource | None, settings: DataSettings
    ) -> None:
        self.photos = photos
        self.scenes = scenes
        self.settings = settings
        self.slots = max(shape.pictures for shape in settings.shapes)

    def __getitem__(self, step: int) -> Batch:
        """Make the batch of this step."""
        settings = self.settings
        rng = np.random.default_rng((settings.seed, step))
        weights = np.array([shape.weight for shape in settings.shapes])
        shape = settings.shapes[int(rng.choice(len(weights), p=weights / weights.sum()))]
        made = round(settings.procedural * shape.pictures) if self.scenes else 0
        samples = [
            photo_sample(self._photo(step, slot), shape, settings, rng)
            for slot in range(shape.pictures - made)
        ]
        for _ in range(made):
            assert self.scenes is not None
            sample = self.scenes.sample(shape.height, shape.width, rng)
            samples.append(_finished(sample, settings.augment, rng))
        pairs = random_pairs(shape, settings.pairs, rng)
        return _batch(samples, pairs, photos=shape.pictures - made)

    @property
    def steps_per_pass(self) -> int:
        """Return the number of steps in which each photo had its turn once."""
        return -(-len(self.photos) // self.slots)

    def _photo(self, step: int, slot: int) -> LabelledPhoto:
        passed, place = divmod(step * self.slots + slot, len(self.photos))
        order = np.random.default_rng((self.settings.seed, passed, 1)).permutation(len(self.photos))
        return self.photos[int(order[place])]


def batches(data: StepBatches, first: int, last: int, *, workers: int = 0) -> Iterator[Batch]:
    """Yield the batches of steps `first` to `last` - 1, made ahead by `workers` processes."""
    return in_order(data, range(first, last), workers=workers)


def photo_sample(
    files: LabelledPhoto, shape: BatchShape, settings: DataSettings, rng: Generator
) -> Sample:
    """Crop, mirror and change one photo with its label."""
    label = Image.fromarray(read_label(files.label))
    classes = Image.fromarray(read_classes(files))
    with Image.open(files.photo) as opened:
        photo = opened.convert("RGB")
    box = crop_box(photo.width, photo.height, shape, settings, rng)
    size = (shape.width, shape.height)
    half = (shape.width // OUTPUT_STRIDE, shape.height // OUTPUT_STRIDE)
    bilinear, nearest = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
    pixels = np.asarray(photo.resize(size, bilinear, box), dtype=np.float32) / np.float32(255)
    soft = np.asarray(label.resize(half, bilinear, _scaled(box, photo, label)))
    depth = with_crisp_steps(soft, settings.crisp_iterations)
    kinds = np.asarray(classes.resize(half, nearest, _scaled(box, photo, classes)))
    return _finished(Sample(pixels, depth, kinds), settings.augment, rng)


def crop_box(
    width: int, height: int, shape: BatchShape, settings: DataSettings, rng: Generator
) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) in pixels: a crop of about the shape's aspect."""
    stretch = float(np.exp(rng.uniform(-settings.stretch, settings.stretch)))
    aspect = shape.width / shape.height * stretch
    largest = min(float(width), height * aspect)
    whole = rng.random() < settings.whole
    share = 1.0 if whole else float(rng.uniform(settings.min_crop, 1.0))
    crop_width, crop_height = largest * share, largest * share / aspect
    left = float(rng.uniform(0.0, width - crop_width))
    top = float(rng.uniform(0.0, max(0.0, height - crop_height)))
    return left, top, min(left + crop_width, width), min(top + crop_height, height)


def _scaled(
    box: tuple[float, float, float, float], photo: Image.Image, other: Image.Image
) -> tuple[float, float, float, float]:
    x, y = other.width / photo.width, other.height / photo.height
    return box[0] * x, box[1] * y, min(box[2] * x, other.width), min(box[3] * y, other.height)


def _finished(sample: Sample, settings: AugmentSettings, rng: Generator) -> Sample:
    """Mirror every other sample, change its looks, bring its inverse depth to 0 and 1."""
    pixels, depth, classes = sample.pixels, sample.inverse_depth, sample.classes
    if rng.random() < 0.5:
        pixels, depth, classes = pixels[:, ::-1], depth[:, ::-1], classes[:, ::-1]
    changed: Pixels = augmented(np.ascontiguousarray(pixels), settings, rng)
    return Sample(changed, percentile_scaled(depth), np.ascontiguousarray(classes))


def random_pairs(shape: BatchShape, count: int, rng: Generator) -> NDArray[np.int64]:
    """Return (B, 2, count) pixels of the output: half of the pairs anywhere, half close together.

    Close ones are mostly on one surface or across one edge.
    """
    height, width = shape.height // OUTPUT_STRIDE, shape.width // OUTPUT_STRIDE
    limits = np.array([height, width])
    first = rng.integers(0, limits, (shape.pictures, count, 2))
    second = rng.integers(0, limits, (shape.pictures, count, 2))
    close = count // 2
    offsets = np.rint(rng.normal(0.0, _CLOSE_PX, (shape.pictures, close, 2))).astype(np.int64)
    second[:, :close] = np.clip(first[:, :close] + offsets, 0, limits - 1)
    both = np.stack([first, second], axis=1)  # (B, 2, count, 2)
    return np.asarray(both[..., 0] * width + both[..., 1], dtype=np.int64)


def percentile_scaled(inverse_depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (H, W) inverse depth with its 2nd percentile at 0 and its 98th at 1."""
    far, near = np.percentile(inverse_depth, [_FAR_PERCENTILE, 100.0 - _FAR_PERCENTILE])
    spread = max(float(near - far), _MIN_SPREAD)
    return np.ascontiguousarray((inverse_depth - np.float32(far)) / np.float32(spread))


def _batch(samples: list[Sample], pairs: NDArray[np.int64], *, photos: int) -> Batch:
    pixels = torch.from_numpy(np.stack([s.pixels for s in samples])).permute(0, 3, 1, 2)
    depth = torch.from_numpy(np.stack([s.inverse_depth for s in samples]))
    classes = torch.from_numpy(np.stack([s.classes for s in samples])).long()
    exact = torch.arange(len(samples)) >= photos
    mask = torch.ones_like(depth, dtype=torch.bool)
    return Batch(pixels, Targets(depth, classes, mask, exact, torch.from_numpy(pairs)))

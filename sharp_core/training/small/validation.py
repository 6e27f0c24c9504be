"""Measure a network on photos that training never sees, and on measured depth."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from sharp_core.models.small.config import CLASS_NAMES
from sharp_core.models.small.inference import network_input
from sharp_core.models.small.network import SmallNetwork, SmallOutput
from sharp_core.training.small.metrics import DepthScores, depth_scores
from sharp_core.training.small.photos import PhotoSet, read_classes, read_label
from sharp_core.training.small.scenes import Sample

# More points than this change no score's third digit.
_MAX_POINTS = 40_000


@dataclass(frozen=True)
class Validation:
    """Means over the photos of each kind; nan where there are none."""

    measured: DepthScores
    """Against measured depth."""
    held_out: DepthScores
    """Against the labels of held-out photos."""
    scenes: DepthScores
    """Against the exact depth of procedural scenes."""
    class_agreement: float
    """Share of cells of held-out photos with the label's class, mean over the classes."""
    by_photo: Mapping[str, DepthScores]
    """Each measured photo's scores."""

    @property
    def score(self) -> float:
        """Return what decides which weights are better: the mean of the known Spearmans."""
        values = [self.measured.spearman, self.held_out.spearman]
        known = [value for value in values if np.isfinite(value)]
        return float(np.mean(known)) if known else float("nan")

    def record(self) -> dict[str, object]:
        """Return it as numbers for the log, rounded to what is significant."""
        return {
            "score": _number(self.score),
            "measured": _rounded(self.measured),
            "held_out": _rounded(self.held_out),
            "scenes": _rounded(self.scenes),
            "class_agreement": _number(self.class_agreement),
            "by_photo": {name: _rounded(scores) for name, scores in self.by_photo.items()},
        }


def validate(
    network: SmallNetwork, photos: PhotoSet, scenes: Iterable[Sample], long_side: int = 384
) -> Validation:
    """Run the network, in evaluation mode, over everything that is kept for validation."""
    was_training = network.training
    network.eval()
    by_photo = {
        m.photo.stem: _measured_scores(network, m.photo, m.truth, long_side)
        for m in photos.measured
    }
    held_out: list[DepthScores] = []
    confusion = np.zeros((len(CLASS_NAMES), len(CLASS_NAMES)))
    for files in photos.held_out:
        output = predict(network, files.photo, long_side)
        truth = read_label(files.label)
        held_out.append(_scores(output, truth, np.ones(truth.shape, dtype=bool)))
        _count(confusion, output, read_classes(files))
    on_scenes = [_scene_scores(network, sample) for sample in scenes]
    network.train(was_training)
    counted = confusion.sum(axis=1)
    recalls = confusion.diagonal()[counted > 0] / counted[counted > 0]
    agreement = float(recalls.mean()) if recalls.size else float("nan")
    means = (_mean(list(by_photo.values())), _mean(held_out), _mean(on_scenes))
    return Validation(*means, agreement, by_photo)


@torch.inference_mode()
def predict(network: SmallNetwork, photo: Path, long_side: int) -> SmallOutput:
    """Return the network's output for one photo, resized to the nearest fitting size."""
    with Image.open(photo) as opened:
        image = opened.convert("RGB")
    return network(network_input(np.asarray(image), long_side))  # type: ignore[no-any-return]


def _measured_scores(
    network: SmallNetwork, photo: Path, truth: Path, long_side: int
) -> DepthScores:
    with np.load(truth) as stored:
        inverse, mask = stored["inv"].astype(np.float32), stored["mask"]
    return _scores(predict(network, photo, long_side), inverse, mask)


@torch.inference_mode()
def _scene_scores(network: SmallNetwork, sample: Sample) -> DepthScores:
    output = network(torch.from_numpy(sample.pixels).permute(2, 0, 1)[None])
    return _scores(output, sample.inverse_depth, np.ones(sample.inverse_depth.shape, dtype=bool))


def _scores(
    output: SmallOutput, truth: NDArray[np.float32], mask: NDArray[np.bool_]
) -> DepthScores:
    size = (truth.shape[0], truth.shape[1])
    raised = functional.interpolate(output.inverse_depth, size=size, mode="bilinear")
    predicted = raised[0, 0].numpy()
    rows, columns = np.nonzero(mask)
    step = max(1, len(rows) // _MAX_POINTS)
    rows, columns = rows[::step], columns[::step]
    return depth_scores(predicted[rows, columns], truth[rows, columns])


def _count(confusion: NDArray[np.float64], output: SmallOutput, classes: NDArray[np.uint8]) -> None:
    size = (classes.shape[0], classes.shape[1])
    logits = functional.interpolate(output.class_logits, size=size, mode="bilinear")
    chosen = logits[0].argmax(dim=0).numpy()
    np.add.at(confusion, (classes.ravel(), chosen.ravel()), 1.0)


def _mean(scores: list[DepthScores]) -> DepthScores:
    def of(value: Callable[[DepthScores], float]) -> float:
        return float(np.mean([value(s) for s in scores])) if scores else float("nan")

    return DepthScores(
        of(lambda s: s.spearman), of(lambda s: s.ordered_pairs), of(lambda s: s.error)
    )


def _rounded(scores: DepthScores) -> dict[str, float | None]:
    return {name: _number(value) for name, value in asdict(scores).items()}


def _number(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None

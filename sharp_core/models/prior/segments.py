"""Superpixels of a photo and the graph over them: the units in which the depth prior thinks.

Superpixels are SLIC's (Achanta et al. 2012): k-means in colour and place, each pixel looking only
at the nine centres around it. The graph joins superpixels that touch; its distances are in units
of CIE L*a*b*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sharp_core.models.prior.image import Plane

Side = Literal["top", "bottom", "left", "right"]
Labels = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SUPERPIXELS = 480
_ROUNDS = 6
_COMPACTNESS = 12.0  # L*a*b* units that weigh as much as one step of the grid of centres
_SAME_COLOR = 12.0  # L*a*b* units: neighbours that differ less are likely one thing
_LEAST_COUPLING = 0.01  # between neighbours of any colours
# Steps below this share of the usual one, or below a just visible one, are counted as none: so soft
# shading does not add up to a distance.
_NOISE_SHARE, _JUST_VISIBLE = 0.3, 1.0
_APART = 1e3  # distance of what no path joins


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """N superpixels of an (h, w) picture."""

    labels: Labels  # (h, w) superpixel of each pixel
    lab: Plane  # (N, 3) mean colour
    x: Plane  # (N,) mean place, 0 left to 1 right
    y: Plane  # (N,) 0 top to 1 bottom
    area: Plane  # (N,) share of the picture
    touching: Mask  # (N, N)
    color_steps: Plane  # (N, N) L*a*b* distance of any two
    geodesic: Plane  # (N, N) least sum of colour steps on a path

    def __len__(self) -> int:
        return len(self.area)

    def mean(self, plane: Plane) -> Plane:
        """Average an (h, w) plane over each superpixel."""
        return _means(self.labels, plane)

    def on_border(self, side: Side) -> Mask:
        """Tell which superpixels touch a side of the picture."""
        strips = {
            "top": self.labels[0],
            "bottom": self.labels[-1],
            "left": self.labels[:, 0],
            "right": self.labels[:, -1],
        }
        return np.isin(np.arange(len(self)), strips[side])

    def smooth(self, target: Plane, confidence: Plane, strength: float) -> Plane:
        """Spread values (N,) over the graph, more so where colours are alike.

        Minimises sum c_i (v_i - target_i)^2 + strength * sum w_ij (v_i - v_j)^2.
        """
        alike = np.exp(-((self.color_steps / _SAME_COLOR) ** 2)) + _LEAST_COUPLING
        coupling = np.where(self.touching, strength * alike, 0.0)
        system = np.diag(confidence + coupling.sum(axis=1) + 1e-6) - coupling
        return np.linalg.solve(system, confidence * target).astype(np.float32)

    def components(self, chosen: Mask) -> list[Labels]:
        """Split the chosen superpixels into connected sets."""
        left = set(np.nonzero(chosen)[0].tolist())
        found = []
        while left:
            edge = {min(left)}
            members: set[int] = set()
            while edge:
                left -= edge
                members |= edge
                edge = left & set(np.nonzero(self.touching[list(edge)].any(axis=0))[0].tolist())
            found.append(np.array(sorted(members)))
        return found


def find_segments(lab: Plane) -> Segments:
    """Cut an L*a*b* picture (h, w, 3) into about SUPERPIXELS pieces."""
    height, width = lab.shape[:2]
    used, labels = np.unique(_slic(lab), return_inverse=True)
    labels = labels.reshape(height, width)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    colors = np.stack([_means(labels, lab[..., c]) for c in range(3)], axis=1)  # (N, 3)
    steps = np.linalg.norm(colors[:, None] - colors[None], axis=2)
    touching = _touching(labels, len(used))
    return Segments(
        labels=labels,
        lab=colors,
        x=_means(labels, (columns + 0.5) / width),
        y=_means(labels, (rows + 0.5) / height),
        area=(np.bincount(labels.ravel()) / labels.size).astype(np.float32),
        touching=touching,
        color_steps=steps,
        geodesic=_geodesic(steps, touching),
    )


def _means(labels: Labels, plane: Plane) -> Plane:
    flat = labels.ravel()
    return (np.bincount(flat, plane.ravel()) / np.bincount(flat)).astype(np.float32)


def _slic(lab: Plane) -> Labels:
    height, width = lab.shape[:2]
    step = max(2.0, (height * width / SUPERPIXELS) ** 0.5)
    grid_rows, grid_columns = max(1, round(height / step)), max(1, round(width / step))
    count = grid_rows * grid_columns
    place = np.mgrid[0:height, 0:width].astype(np.float32).transpose(1, 2, 0) * (
        _COMPACTNESS / step
    )
    features = np.concatenate((lab, place), axis=2)  # (h, w, 5)
    home_row = (np.arange(height) * grid_rows // height)[:, None]
    home_column = (np.arange(width) * grid_columns // width)[None, :]
    labels: Labels = home_row * grid_columns + home_column  # (h, w)
    for _ in range(_ROUNDS):
        flat = labels.ravel()
        members = np.bincount(flat, minlength=count)
        sums = [np.bincount(flat, features[..., c].ravel(), count) for c in range(5)]
        centers = (np.stack(sums, axis=1) / np.maximum(members, 1)[:, None]).astype(np.float32)
        centers[members == 0] = np.inf
        nearest = np.full((height, width), np.inf, np.float32)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                row = np.clip(home_row + dy, 0, grid_rows - 1)
                column = np.clip(home_column + dx, 0, grid_columns - 1)
                candidate = row * grid_columns + column
                distance = ((features - centers[candidate]) ** 2).sum(axis=2)
                labels = np.where(distance < nearest, candidate, labels)
                nearest = np.minimum(nearest, distance)
    return labels


def _touching(labels: Labels, count: int) -> Mask:
    touching = np.zeros((count, count), bool)
    for first, second in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        touching[first, second] = touching[second, first] = True
    np.fill_diagonal(touching, False)
    return touching


def _geodesic(steps: Plane, touching: Mask) -> Plane:
    """All-pairs shortest paths (Floyd and Warshall)."""
    usual = float(np.median(steps[touching])) if touching.any() else 0.0
    free = max(_NOISE_SHARE * usual, _JUST_VISIBLE)
    paths = np.where(touching, np.maximum(steps - free, 0.0), np.inf).astype(np.float32)
    np.fill_diagonal(paths, 0.0)
    for k in range(len(paths)):
        np.minimum(paths, paths[:, k, None] + paths[None, k], out=paths)
    return np.minimum(paths, np.float32(_APART))

"""What in a photo tells near from far: sky, focus, and things that stand out from around them.

Every cue is a number in [0, 1] a superpixel, made to be weak where the photo says little.
Lightness and colours are CIE L*a*b*: b* below zero is blue, above zero yellow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sharp_core.models.prior.image import (
    PhotoPlanes,
    Plane,
    blur,
    gradient_magnitude,
    rise,
)
from sharp_core.models.prior.segments import Labels, Segments, Side

# Saliency: superpixels less than so many L*a*b* apart along a path are one area, ...
_SAME_AREA = 10.0
# ... and contrast counts within about this share of the picture.
_CONTRAST_REACH = 0.25
# What stands in front is often cut off by the bottom of the picture: that says little.
_BORDER_WEIGHTS: tuple[tuple[Side, float], ...] = (
    ("top", 1.0),
    ("left", 1.0),
    ("right", 1.0),
    ("bottom", 0.3),
)
# Focus: gradients of these two blurs are compared, in pixels at the detail size.
_FINE, _COARSE = 0.8, 2.0
_FEWEST_EDGES = 20  # superpixels with edges, below which focus is not judged


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """One value a superpixel (N,), and two of the whole photo."""

    sky: Plane  # open sky
    salient: Plane  # a thing in front of what surrounds it
    sharp: Plane  # in focus
    depth_of_field: float  # how far focus can be trusted: 0 all equally sharp, 1 clearly split
    drawn: float  # how surely it is no photo of things: graphics, screenshots, blackness


class _Focus(NamedTuple):
    sharp: Plane
    trust: float


def find_cues(planes: PhotoPlanes, segments: Segments) -> Cues:
    """Look at a photo in all the ways this module knows."""
    focus = _focus(planes.luma, segments)
    return Cues(
        sky=_sky(planes.lab, segments),
        salient=_salient(segments),
        sharp=focus.sharp,
        depth_of_field=focus.trust,
        drawn=_drawn(planes.luma),
    )


def _sky(lab: Plane, segments: Segments) -> Plane:
    """Smooth, sky-coloured and joined to the top of the picture by gentle colour steps."""
    texture = segments.mean(gradient_magnitude(lab[..., 0]))
    lightness, redness, yellowness = segments.lab.T
    chroma = np.hypot(redness, yellowness)
    brightest = float(np.quantile(lab[..., 0], 0.95))
    blue = rise(yellowness, -2, -12) * rise(lightness, 8, 30)
    # Bright and without a warm tint: walls, which are the most like it, mostly have one.
    overcast = rise(lightness, brightest - 25, brightest - 8) * rise(lightness, 50, 70)
    overcast *= rise(yellowness, 2.5, 0.5) * rise(np.abs(redness), 8, 4)
    dusk = 0.5 * rise(lightness, 45, 65) * rise(chroma, 8, 14) * rise(texture, 1.2, 0.6)
    dusk *= rise(segments.y, 0.7, 0.4)
    alike = np.maximum(np.maximum(blue, overcast), dusk) * rise(texture, 9, 3)
    seeds = segments.on_border("top") & (alike > 0.4)
    if not seeds.any():
        return np.zeros_like(alike)
    # Far down the same colours are rather water, snow or a wall: there it must be the very same.
    tolerance = 40.0 - 30.0 * rise(segments.y, 0.5, 0.9)
    joined = np.exp(-((segments.geodesic[seeds].min(axis=0) / tolerance) ** 2))
    return np.asarray(alike * joined, np.float32)


def _salient(segments: Segments) -> Plane:
    """Robust background detection (Zhu et al. 2014): things are little joined to the border."""
    near = np.exp(-0.5 * (segments.geodesic / _SAME_AREA) ** 2)
    border = np.zeros(len(segments), np.float32)
    for side, weight in _BORDER_WEIGHTS:
        border[segments.on_border(side)] = weight
    joined = (near @ border) / np.sqrt(near.sum(axis=1))
    inside = np.exp(-0.5 * joined**2)
    background = 1.0 - inside

    place = (segments.x[:, None] - segments.x) ** 2 + (segments.y[:, None] - segments.y) ** 2
    closeness = np.exp(-place / (2 * _CONTRAST_REACH**2))
    contrast = (segments.color_steps * closeness * background).sum(axis=1)
    contrast = contrast / max(float(contrast.max()), 1e-6)
    # A picture without colour steps has no things in it.
    contrast *= rise(float(segments.color_steps.mean()), 3, 12)
    foreground = contrast * inside
    target = foreground / (foreground + background + 1e-6)
    salient = segments.smooth(target, foreground + background + 0.01, 0.1)
    return np.clip(salient, 0.0, 1.0)


def _focus(luma: Plane, segments: Segments) -> _Focus:
    """How sharp edges are, by blurring them again (Zhuo and Sim 2011), and how much that differs.

    The gradient of a step edge of blur s, at scale t, is as 1 / sqrt(s^2 + t^2): the ratio of two
    scales tells s, whatever the edge's contrast.
    """
    fine = gradient_magnitude(blur(luma, _FINE))
    coarse = gradient_magnitude(blur(luma, _COARSE))
    ratio = (fine / (coarse + 1e-4)) ** 2  # 1 for a wide ramp, (_COARSE / _FINE)^2 for a step
    sharpness = np.clip((ratio - 1.0) / (0.5 * (_COARSE / _FINE) ** 2 - 1.0), 0.0, 1.0)
    labels = _enlarge_labels(segments, luma.shape).ravel()
    weight = np.maximum(coarse - 0.004, 0.0).ravel() ** 2
    total = np.bincount(labels, weight, len(segments)) + 1e-9
    mean = np.bincount(labels, weight * sharpness.ravel(), len(segments)) / total
    edges = np.sqrt(total / (np.bincount(labels, minlength=len(segments)) + 1))
    confidence = (edges / (edges + 0.01)).astype(np.float32)
    seen = mean[confidence > 0.3]
    if seen.size < _FEWEST_EDGES:
        return _Focus(np.ones(len(segments), np.float32), 0.0)
    low, high = (float(q) for q in np.quantile(seen, (0.15, 0.85)))
    # Where there are no edges to judge by, rather blurred than sharp.
    guess = ((confidence * mean + 0.1 * low) / (confidence + 0.1)).astype(np.float32)
    spread = segments.smooth(guess, confidence + 0.1, 0.3)
    trust = float(rise(high - low, 0.2, 0.5) * rise(low, 0.5, 0.25))
    return _Focus(rise(spread, low, max(high, low + 0.05)), trust)


def _enlarge_labels(segments: Segments, shape: tuple[int, ...]) -> Labels:
    """Give each pixel of a larger copy of the picture its superpixel."""
    height, width = segments.labels.shape
    rows = np.arange(shape[0]) * height // shape[0]
    columns = np.arange(shape[1]) * width // shape[1]
    labels: Labels = segments.labels[rows[:, None], columns[None, :]]
    return labels


def _drawn(luma: Plane) -> float:
    """Judge by the share of pixels exactly like their neighbours: a photo's noise leaves few."""
    same_above = np.diff(luma, axis=0, prepend=luma[:1]) == 0
    same_left = np.diff(luma, axis=1, prepend=luma[:, :1]) == 0
    return float(rise(float((same_above & same_left).mean()), 0.45, 0.75))

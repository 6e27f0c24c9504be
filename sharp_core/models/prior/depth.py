"""The depth prior: how far each part of a photo probably is.

Things that stand out are put upright on the stage where they touch it; the sky goes behind it.
When cues are weak all this fades into the bare, gentle stage: a photo that says little is shown
nearly flat rather than wrongly deep.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sharp_core.models.prior.cues import Cues, find_cues
from sharp_core.models.prior.image import (
    PhotoPlanes,
    Plane,
    close_gaps,
    rise,
    smooth_within_edges,
)
from sharp_core.models.prior.layout import NEAREST, Layout, find_layout
from sharp_core.models.prior.segments import Mask, Segments, find_segments

# How far a thing is brought forward from the stage behind it to where its foot stands. Less than
# all the way, since what is taken for a thing may be none.
_UPRIGHTNESS = 0.7
_BEFORE_ITS_FOOT = 1.1  # disparity of a thing over that of the ground at its foot
_ENCLOSING = 0.3  # of the long side: how far apart the parts of one thing may stand
_CLOSED_GAP, _DROPPED_BAR = 3, 2  # pixels at the analysis size, radius
# Reach of the smoothing (pixels at the analysis size, squared), and the step, in L*a*b* units, that
# bounds it.
_SMOOTHING, _SMOOTHED_STEP = 900.0, 4.0
_FLATTENING = 0.85  # of the relief of graphics and darkness


class _Standing(NamedTuple):
    """Upright things, a superpixel (N,)."""

    disparity: Plane
    share: Plane  # how surely it belongs to one


def coarse_disparity(planes: PhotoPlanes, focal: float) -> Plane:
    """Return 1 / depth (h, w) a metre at the analysis size; `focal` is in picture widths."""
    segments = find_segments(planes.lab)
    cues = find_cues(planes, segments)
    layout = find_layout(cues, segments, focal)
    stage = np.repeat(layout.rows[:, None], segments.labels.shape[1], axis=1)
    disparity = _tidy(_relief(cues, segments, layout, stage), stage, planes.lab)
    flattened = np.float32(_FLATTENING * cues.drawn) * (np.median(disparity) - disparity)
    return np.asarray(disparity + flattened, np.float32)


def _relief(cues: Cues, segments: Segments, layout: Layout, stage: Plane) -> Plane:
    """Put the things on the stage and the sky behind it: disparity (h, w)."""
    labels = segments.labels
    thing = _things(cues, segments)
    standing = _stand(thing, segments, layout)
    upright = np.maximum(standing.disparity[labels], stage)
    disparity = stage + _UPRIGHTNESS * standing.share[labels] * (upright - stage)
    sky = segments.smooth(cues.sky * (1 - thing), np.ones_like(thing), 0.1)
    disparity += np.clip(sky, 0, 1)[labels] * (layout.sky - disparity)
    disparity *= _focus_factor(cues, segments, standing.share)[labels]
    return np.minimum(disparity, 1 / NEAREST).astype(np.float32)


def _tidy(disparity: Plane, stage: Plane, lab: Plane) -> Plane:
    """Take out what is too small to be told, and smooth within the photo's edges."""
    # What shows through a lattice or between letters goes with them; what is thinner than the
    # picture can tell goes with what is behind it, rather than in pieces.
    whole = -close_gaps(-close_gaps(disparity, _CLOSED_GAP), _DROPPED_BAR)
    smooth = stage + smooth_within_edges(whole - stage, lab, _SMOOTHING, _SMOOTHED_STEP)
    return np.asarray(np.clip(smooth, whole.min(), whole.max()), np.float32)


def _things(cues: Cues, segments: Segments) -> Plane:
    """How surely each superpixel belongs to something in front of its surroundings."""
    focused = 0.4 * cues.salient + 0.6 * cues.sharp
    thing = cues.salient + cues.depth_of_field * (focused - cues.salient)
    thing *= 1 - cues.sky
    enclosed = segments.mean(_enclosed(thing[segments.labels] > 0.5).astype(np.float32))
    return np.maximum(thing, enclosed)


def _enclosed(mask: Mask) -> Mask:
    """Tell which pixels of (h, w) have the mask above, below, left and right of them, not far off.

    A face between hair and collar is one thing with them, whatever its colour.
    """
    reach = round(_ENCLOSING * max(mask.shape))
    enclosed = np.ones_like(mask)
    for axis in (0, 1):
        index = np.arange(mask.shape[axis]).reshape((-1, 1) if axis == 0 else (1, -1))
        for backwards in (False, True):
            view = np.flip(mask, axis) if backwards else mask
            last = np.maximum.accumulate(np.where(view, index, -reach - 1), axis=axis)
            close = index - last <= reach
            enclosed &= np.flip(close, axis) if backwards else close
    return enclosed


def _stand(thing: Plane, segments: Segments, layout: Layout) -> _Standing:
    """Put each connected thing upright where its foot is."""
    height = segments.labels.shape[0]
    lowest = np.zeros(len(segments))
    np.maximum.at(lowest, segments.labels, (np.arange(height)[:, None] + 1) / height)
    disparity = np.array([layout.at(y) for y in segments.y], np.float32)
    share = rise(thing, 0.25, 0.55)
    for members in segments.components(thing > 0.5):
        disparity[members] = _BEFORE_ITS_FOOT * layout.at(float(lowest[members].max()))
        # What fills most of the picture is no thing in front of something.
        share[members] *= rise(float(segments.area[members].sum()), 0.75, 0.35)
    return _Standing(
        disparity=segments.smooth(disparity, share + 0.05, 0.3),
        share=np.clip(segments.smooth(share, np.ones_like(share), 1.0), 0, 1),
    )


def _focus_factor(cues: Cues, segments: Segments, share: Plane) -> Plane:
    """Blurred parts lie behind what is in focus, but at the picture's foot they may lie before."""
    behind = (1 - cues.sharp) * (1 - share) * rise(segments.y, 1.0, 0.6)
    return np.asarray(1 - 0.5 * cues.depth_of_field * behind, np.float32)

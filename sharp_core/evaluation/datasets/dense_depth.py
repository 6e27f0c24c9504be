"""Dense depth for the overlap of pictures whose true depth is sparse.

As in SHARP's paper, predicted depth is brought to the scale of the sparse points, by the median
ratio. The paper takes Depth Pro's depth; here it is the bundled model's, so that the choice of
pairs does not depend on what is evaluated.
"""

from __future__ import annotations

import functools

import numpy as np

from sharp_core.evaluation.alignment import scale_from_depth
from sharp_core.models.small.inference import SmallDepth, one_thread
from sharp_core.models.small.scale import metric_disparity
from sharp_core.models.small.weights import BUNDLED
from sharp_core.scene.cameras import Camera
from sharp_core.scene.posed_picture import Depth, Pixels


def densified(image: Pixels, camera: Camera, sparse: Depth) -> Depth:
    """Return predicted depth in the scale of sparse depth, at the model's resolution.

    Unknown everywhere if too few points are known.
    """
    with one_thread():
        relative, classes = _network()(image)
    height, width = image.shape[:2]
    focal = camera.intrinsics.fx * (relative.size / (height * width)) ** 0.5
    disparity = metric_disparity(relative, classes, focal).disparity
    predicted = np.where(disparity > 0, 1 / np.maximum(disparity, 1e-6), np.nan)
    predicted = predicted.astype(np.float32)
    scale = scale_from_depth(predicted, sparse)
    return predicted * np.float32(np.nan if scale is None else scale)


@functools.cache
def _network() -> SmallDepth:
    return SmallDepth(BUNDLED)

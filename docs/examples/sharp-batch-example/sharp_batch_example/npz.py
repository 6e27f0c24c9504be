"""An export kind for sharp-batch: the Gaussians as NumPy arrays in one file.

arrays = numpy.load("photo.npz")   # means, quats, scales, opacities, colors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import sharp_batch as sb

if TYPE_CHECKING:  # torch is imported where a scene is read
    from sharp_batch import ExportScene


def write(file: BinaryIO, scene: ExportScene) -> None:
    """Write the arrays of one scene."""
    import numpy as np

    np.savez(file, **scene.gaussians.to_numpy()._asdict())


KIND = sb.ExportKind("npz", "NumPy arrays", "Tables", ".npz", write, usual_bytes=66_000_000)

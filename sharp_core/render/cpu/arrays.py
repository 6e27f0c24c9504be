"""Gaussians as arrays, for whoever has them without torch. Nothing here needs numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float32]


class GaussianArrays(NamedTuple):
    """Gaussians as float32 arrays, in place of `Gaussians`, whose fields and units it has."""

    means: _Floats  # (N, 3)
    quats: _Floats  # (N, 4)
    scales: _Floats  # (N, 3)
    opacities: _Floats  # (N,)
    colors: _Floats  # (N, 3)

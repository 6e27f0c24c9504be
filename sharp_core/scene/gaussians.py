"""`Gaussians`, the scene type: N Gaussians in metres, as torch tensors on one device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sharp_core.scene.conventions import COLUMNS
from sharp_core.scene.to_host import to_host


class GaussianArrays(NamedTuple):
    """The values of `Gaussians` as float32 arrays, with the same names, shapes and units."""

    means: npt.NDArray[np.float32]  # (N, 3)
    quats: npt.NDArray[np.float32]  # (N, 4)
    scales: npt.NDArray[np.float32]  # (N, 3)
    opacities: npt.NDArray[np.float32]  # (N,)
    colors: npt.NDArray[np.float32]  # (N, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Gaussians:
    """N Gaussians, float32. All values are linear, as a renderer needs them, and not encoded.

    Axes, quaternion order and colour space are those of `sharp_core.scene.conventions`.
    """

    means: Tensor  # (N, 3) metres
    quats: Tensor  # (N, 4) w, x, y, z
    scales: Tensor  # (N, 3) standard deviations along the Gaussian's principal axes, metres
    opacities: Tensor  # (N,) in [0, 1]
    colors: Tensor  # (N, 3) linear RGB

    def __len__(self) -> int:
        return self.means.shape[0]

    def to(self, device: torch.device | str) -> Gaussians:
        """Return the same Gaussians on `device`."""
        return Gaussians(
            self.means.to(device),
            self.quats.to(device),
            self.scales.to(device),
            self.opacities.to(device),
            self.colors.to(device),
        )

    def select(self, index: Tensor | slice) -> Gaussians:
        """Return the Gaussians at `index`: a slice, a mask (N,) or indices."""
        return Gaussians(
            self.means[index],
            self.quats[index],
            self.scales[index],
            self.opacities[index],
            self.colors[index],
        )

    def is_valid(self) -> Tensor:
        """Return (N,) bool: which Gaussians have only values that `check` accepts."""
        valid = (self.scales > 0).all(dim=1) & (self.opacities >= 0) & (self.opacities <= 1)
        valid &= self.quats.abs().amax(dim=1) > 0
        for values in (self.means, self.quats, self.scales, self.colors):
            valid &= torch.isfinite(values).all(dim=1)
        return valid

    def check(self) -> None:
        """Raise ValueError, naming the field, if shapes differ or a value is invalid."""
        n = len(self)
        shapes = {
            "means": (n, 3),
            "quats": (n, 4),
            "scales": (n, 3),
            "opacities": (n,),
            "colors": (n, 3),
        }
        if n == 0:
            raise ValueError("a scene needs at least one Gaussian")
        for name, shape in shapes.items():
            values = getattr(self, name)
            if tuple(values.shape) != shape:
                raise ValueError(f"{name}: expected the shape {shape}, found {tuple(values.shape)}")
            # Two passes over no temporary array; a NaN is the least and the greatest.
            if not all(bool(bound.isfinite()) for bound in torch.aminmax(values)):
                bad = int((~torch.isfinite(values)).reshape(n, -1).any(dim=1).sum())
                raise ValueError(f"{name}: {bad} of {n} Gaussians hold values that are not finite")
        if bool(self.scales.amin() <= 0):
            raise ValueError("scales: every scale must be above zero")
        if bool(self.opacities.amin() < 0) or bool(self.opacities.amax() > 1):
            raise ValueError("opacities: every opacity must be within 0 and 1")
        if bool((self.quats.abs().amax(dim=1) == 0).any()):
            raise ValueError("quats: a quaternion of length zero is no rotation")

    def to_numpy(self) -> GaussianArrays:
        """Return the same values as NumPy arrays; on the CPU they share the tensors' memory."""
        fields = (self.means, self.quats, self.scales, self.opacities, self.colors)
        return GaussianArrays(*(values.detach().cpu().numpy() for values in fields))

    def to_array(self) -> npt.NDArray[np.float32]:
        """Return one (N, 14) array, to send a scene between processes."""
        columns = (self.means, self.quats, self.scales, self.opacities[:, None], self.colors)
        return to_host(torch.cat(columns, dim=1)).numpy()

    @staticmethod
    def from_array(array: npt.NDArray[np.float32]) -> Gaussians:
        """Undo `to_array`. The tensors share the array's memory, unless the array is read-only."""
        if array.ndim != 2 or array.shape[1] != COLUMNS:
            raise ValueError(f"expected an array of (N, {COLUMNS}), found {array.shape}")
        values = torch.from_numpy(array if array.flags.writeable else array.copy())
        means, quats, scales, opacities, colors = torch.split(values, [3, 4, 3, 1, 3], dim=1)
        return Gaussians(means, quats, scales, opacities[:, 0], colors)


def joined(parts: Sequence[Gaussians]) -> Gaussians:
    """Return the Gaussians of all parts, in their order. Raises ValueError if there is no part."""
    if not parts:
        raise ValueError("there are no Gaussians to join")
    if len(parts) == 1:
        return parts[0]
    fields = zip(*((p.means, p.quats, p.scales, p.opacities, p.colors) for p in parts), strict=True)
    return Gaussians(*(torch.cat(field) for field in fields))


def depth_quantiles(gaussians: Gaussians, quantiles: tuple[float, ...]) -> tuple[float, ...]:
    """Return quantiles of z in metres over the Gaussians in front of the camera.

    Quantiles interpolate linearly between order statistics. Raises ValueError if no Gaussian is in
    front of the camera.
    """
    z = gaussians.means[:, 2].detach().cpu().numpy()
    z = z[z > 0]
    if z.size == 0:
        raise ValueError("no Gaussian lies in front of the camera")
    return tuple(float(value) for value in np.quantile(z, quantiles))


def distance_quantiles(gaussians: Gaussians, quantiles: tuple[float, ...]) -> tuple[float, ...]:
    """Return quantiles of the distance from the eye in metres: of a scene that goes all around."""
    distances = torch.linalg.vector_norm(gaussians.means.detach(), dim=1).cpu().numpy()
    return tuple(float(value) for value in np.quantile(distances, quantiles))

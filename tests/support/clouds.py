"""Scenes for tests of formats, and what is read back from them."""

from __future__ import annotations

import io

import torch
from torch import Tensor

from sharp_core.formats.registry import Options, read_scene, write_scene
from sharp_core.formats.scene import SceneInfo, StoredScene
from sharp_core.scene.colors import linear_to_srgb
from sharp_core.scene.gaussians import Gaussians
from tests.support.paths import DATA
from tests.support.scenes import PHOTO

FORMATS_DATA = DATA / "formats"
GRID_INFO = SceneInfo(PHOTO.fx, PHOTO.width, PHOTO.height)  # of `photo_scene`
INFO = SceneInfo(1234.5, 1600, 1200, "ab" * 16, "maker 1.0")


def cloud(count: int = 500, seed: int = 0) -> Gaussians:
    """Return Gaussians of every shape, turn, opacity and colour, 1 to 7 m ahead."""
    key = torch.Generator().manual_seed(seed)
    z = 1 + 6 * torch.rand(count, generator=key)
    across = torch.rand(count, 2, generator=key) - 0.5
    return Gaussians(
        means=torch.cat((across * z[:, None], z[:, None]), dim=1),
        quats=torch.nn.functional.normalize(torch.randn(count, 4, generator=key), dim=1),
        scales=torch.exp(0.8 * torch.randn(count, 3, generator=key) - 4),
        opacities=0.02 + 0.98 * torch.rand(count, generator=key),
        colors=torch.rand(count, 3, generator=key),
    )


def equal(count: int = 40) -> Gaussians:
    """Return Gaussians that are all the same one."""
    return cloud(1).select(torch.zeros(count, dtype=torch.long))


def extreme() -> Gaussians:
    """Return Gaussians at both ends of what a scene of photos may hold."""
    return Gaussians(
        means=torch.tensor([[-900.0, 900.0, 1000.0], [1e-6, -1e-6, 0.02], [0.0, 0.0, -3.0]]),
        quats=torch.tensor([[1e-3, 0.0, 0.0, 0.0], [0.0, 50.0, 50.0, 0.0], [-1.0, 0.0, 0.0, 1e-9]]),
        scales=torch.tensor([[1e-12, 1e-4, 300.0], [5e-5, 5e-5, 5e-5], [1.0, 2.0, 3.0]]),
        opacities=torch.tensor([1.0, 0.0, 0.5]),
        colors=torch.tensor([[0.0, 1.0, 0.5], [1.5, 0.2, 0.0], [1e-9, 0.0, 1.0]]),
    )


def written(
    gaussians: Gaussians, name: str, info: SceneInfo | None = None, options: Options | None = None
) -> bytes:
    """Return the file of a scene."""
    file = io.BytesIO()
    write_scene(file, gaussians, info, format_name=name, options=options)
    return file.getvalue()


def read(content: bytes, name: str, axes: str | None = None) -> StoredScene:
    """Return the scene of a file."""
    return read_scene(io.BytesIO(content), format_name=name, axes=axes)


def in_order_of(found: Gaussians, source: Gaussians) -> Gaussians:
    """Return `found` with each Gaussian at the place of the nearest one in `source`."""
    nearest = torch.cdist(source.means.double(), found.means.double()).argmin(dim=1)
    assert len(set(nearest.tolist())) == len(source) == len(found)
    return found.select(nearest)


def covariances(gaussians: Gaussians) -> Tensor:
    """Return (N, 3, 3), which all forms of one Gaussian share."""
    w, x, y, z = torch.nn.functional.normalize(gaussians.quats.double(), dim=1).unbind(dim=1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    turn = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
    axes = turn * gaussians.scales.double()[:, None]
    return axes @ axes.mT


def srgb(gaussians: Gaussians) -> Tensor:
    """Return the colours as viewers show them, in [0, 1]."""
    return linear_to_srgb(gaussians.colors)


def turn_between(first: Tensor, second: Tensor) -> Tensor:
    """Return the angles in radians between unit quaternions (N, 4), whatever their signs."""
    first, second = first.double(), second.double()
    return 2 * (first * second).sum(dim=1).abs().clamp(max=1).acos()

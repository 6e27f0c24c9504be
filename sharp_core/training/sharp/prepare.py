"""Turn posed pictures into the tensors of a step, as the network and as the losses need them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor
from torch.utils.data import Dataset

from sharp_core.models.sharp.resize import resize_to_square
from sharp_core.scene.cameras import Camera, fit_long_side
from sharp_core.scene.posed_picture import PosedPicture
from sharp_core.training.sharp.mirror import is_mirrored, mirrored
from sharp_core.training.sharp.sources import PairSource, PhotoSource


@dataclass(frozen=True, slots=True, eq=False)
class TrueView:
    """What a rendered view is compared with."""

    picture: Tensor  # (3, h, w) sRGB in [0, 1]
    camera: Camera  # of h x w pixels
    depth: Tensor  # (h, w) metres; infinite: the sky, 0: not known

    def to(self, device: torch.device) -> TrueView:
        """Return the same on `device`."""
        return replace(self, picture=self.picture.to(device), depth=self.depth.to(device))


@dataclass(frozen=True, slots=True, eq=False)
class NetworkInput:
    """What the network sees, and the truth that adjusts its depth."""

    image: Tensor  # (1, 3, R, R) sRGB in [0, 1]
    disparity_factor: Tensor  # (1,) focal length over width
    true_depth: Tensor | None  # (1, 1, R, R) metres; infinite: the sky, 0: not known

    def to(self, device: torch.device) -> NetworkInput:
        """Return the same on `device`."""
        depth = None if self.true_depth is None else self.true_depth.to(device)
        return NetworkInput(self.image.to(device), self.disparity_factor.to(device), depth)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPair:
    """One sample of either stage."""

    seen: NetworkInput
    source: TrueView
    target: TrueView

    def to(self, device: torch.device) -> PreparedPair:
        """Return the same on `device`."""
        return PreparedPair(self.seen.to(device), self.source.to(device), self.target.to(device))


def network_input(picture: PosedPicture, resolution: int) -> NetworkInput:
    """Resize a picture and its depth to the network's square input."""
    pixels = torch.from_numpy(np.require(picture.image, requirements=("C", "W")))
    image = resize_to_square(pixels, resolution)[None]
    seen = picture.camera.intrinsics
    depth = None
    if picture.depth_m is not None:
        depth = resized_depth(_known_depth(picture), resolution, resolution)[None, None]
    return NetworkInput(image, torch.tensor([seen.fx / seen.width]), depth)


def true_view(picture: PosedPicture, side: int) -> TrueView:
    """Resize a picture and its depth to a long side of at most `side` pixels."""
    seen = fit_long_side(picture.camera.intrinsics, side)
    pixels = torch.from_numpy(np.require(picture.image, requirements=("C", "W")))
    image = pixels.permute(2, 0, 1)[None].float() / 255
    size = (seen.height, seen.width)
    image = F.interpolate(image, size, mode="bilinear", antialias=True)[0].clamp(0.0, 1.0)
    depth = resized_depth(_known_depth(picture), *size)
    return TrueView(image, Camera(seen, picture.camera.viewmat), depth)


def resized_depth(depth: Tensor, height: int, width: int) -> Tensor:
    """Return the depth (height, width) of the nearest pixels: a mean would lie between surfaces."""
    return F.interpolate(depth[None, None], (height, width), mode="nearest-exact")[0, 0]


def _known_depth(picture: PosedPicture) -> Tensor:
    """Return depth with 0 where it is not known."""
    if picture.depth_m is None:
        return torch.zeros(picture.image.shape[:2])
    return torch.from_numpy(picture.depth_m.astype(np.float32)).nan_to_num(0.0, posinf=torch.inf)


@dataclass(frozen=True)
class PreparedPairs(Dataset[PreparedPair]):
    """Stage 1: each number's pair as tensors."""

    source: PairSource
    resolution: int
    side: int
    flip: float
    seed: int

    def __getitem__(self, number: int) -> PreparedPair:
        """Make one pair."""
        pair = self.source.pair(number)
        views = [pair.source, pair.target]
        if is_mirrored(self.flip, self.seed, number):
            views = [mirrored(view) for view in views]
        source, target = (true_view(view, self.side) for view in views)
        return PreparedPair(network_input(views[0], self.resolution), source, target)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPhoto:
    """One photo of stage 2, from which the teacher makes a pair."""

    number: int
    seen: NetworkInput
    view: TrueView

    def to(self, device: torch.device) -> PreparedPhoto:
        """Return the same on `device`."""
        return PreparedPhoto(self.number, self.seen.to(device), self.view.to(device))


@dataclass(frozen=True)
class PreparedPhotos(Dataset[PreparedPhoto]):
    """Stage 2: each number's photo as tensors."""

    source: PhotoSource
    resolution: int
    side: int
    flip: float
    seed: int

    def __getitem__(self, number: int) -> PreparedPhoto:
        """Make one photo."""
        photo = self.source.photo(number)
        if is_mirrored(self.flip, self.seed, number):
            photo = mirrored(photo)
        return PreparedPhoto(
            number, network_input(photo, self.resolution), true_view(photo, self.side)
        )

"""VGG16 and AlexNet as feature extractors, for LPIPS and DISTS.

Weights are files of torchvision, trained on ImageNet; this program neither has nor downloads them.
K. Simonyan and A. Zisserman, 2014 (VGG16, configuration D); A. Krizhevsky, 2014 (AlexNet, "one
weird trick"). Layers have the numbers that they have in torchvision's state dicts.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from schemas.errors import WeightsDamagedError, WeightsMissingError

_PREFIX = "features."  # of the layers that count, in a state dict


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution, with the ReLU that follows it."""

    channels: int
    size: int = 3
    stride: int = 1
    padding: int = 1
    is_tap: bool = False  # the map after its ReLU is one of the five that count


@dataclass(frozen=True, slots=True)
class Pool:
    """A pooling layer of stride 2 between stages."""

    size: int


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """A network and where its weights come from."""

    name: str
    layers: tuple[Conv | Pool, ...]
    url: str

    @property
    def file_name(self) -> str:
        """The name of the file of weights."""
        return self.url.rpartition("/")[2]

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of the five maps."""
        return tuple(
            layer.channels for layer in self.layers if isinstance(layer, Conv) and layer.is_tap
        )

    def default_path(self) -> Path:
        """Return where torchvision itself keeps the file."""
        return Path(torch.hub.get_dir()) / "checkpoints" / self.file_name


VGG16 = BackboneSpec(
    "vgg16",
    (
        *(Conv(64), Conv(64, is_tap=True), Pool(2)),
        *(Conv(128), Conv(128, is_tap=True), Pool(2)),
        *(Conv(256), Conv(256), Conv(256, is_tap=True), Pool(2)),
        *(Conv(512), Conv(512), Conv(512, is_tap=True), Pool(2)),
        *(Conv(512), Conv(512), Conv(512, is_tap=True)),
    ),
    "https://download.pytorch.org/models/vgg16-397923af.pth",
)
ALEXNET = BackboneSpec(
    "alexnet",
    (
        *(Conv(64, size=11, stride=4, padding=2, is_tap=True), Pool(3)),
        *(Conv(192, size=5, padding=2, is_tap=True), Pool(3)),
        *(Conv(384, is_tap=True), Conv(256, is_tap=True), Conv(256, is_tap=True)),
    ),
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
)


class Backbone(nn.Module):
    """The convolutional part of a network: (B, 3, H, W) to its five maps."""

    def __init__(
        self, spec: BackboneSpec, make_pool: Callable[[int], nn.Module] | None = None
    ) -> None:
        """`make_pool` replaces max pooling; it is given the channels."""
        super().__init__()
        self.features = nn.ModuleDict()
        self._taps: set[str] = set()
        channels, number = 3, 0
        for layer in spec.layers:
            if isinstance(layer, Pool):
                pool = make_pool(channels) if make_pool else nn.MaxPool2d(layer.size, stride=2)
                self.features[str(number)] = pool
                number += 1
                continue
            self.features[str(number)] = nn.Conv2d(
                channels, layer.channels, layer.size, layer.stride, layer.padding
            )
            self.features[str(number + 1)] = nn.ReLU()
            channels = layer.channels
            if layer.is_tap:
                self._taps.add(str(number + 1))
            number += 2

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the five maps of normalised images."""
        maps = []
        for number, layer in self.features.items():
            image = layer(image)
            if number in self._taps:
                maps.append(image)
        return maps

    def load_weights(self, spec: BackboneSpec, path: Path | None, option: str) -> None:
        """Load a state dict of torchvision, by default from where torchvision keeps it.

        Raises WeightsMissingError, which says where to get the file, and WeightsDamagedError.
        """
        found = path or spec.default_path()
        if not found.is_file():
            raise WeightsMissingError(
                f"the weights of {spec.name} are not at {found}",
                f"Download {spec.url} to that place, or name your file with {option}. "
                "PSNR and SSIM need no weights.",
            )
        try:
            state = torch.load(found, map_location="cpu", weights_only=True)
            needed = {name: state[name] for name in self.state_dict() if name.startswith(_PREFIX)}
            self.load_state_dict(needed, strict=False)
        except KeyError as error:
            raise _damaged(spec, found, f"it lacks {error.args[0]}") from error
        except (RuntimeError, OSError, pickle.UnpicklingError, TypeError, EOFError) as error:
            raise _damaged(spec, found, str(error).partition("\n")[0]) from error


def _damaged(spec: BackboneSpec, path: Path, problem: str) -> WeightsDamagedError:
    return WeightsDamagedError(
        f"{path} does not hold torchvision's weights of {spec.name}: {problem}",
        f"Download {spec.url} again.",
    )

"""ResNet-50 (arXiv 1512.03385) as the extractor of the perceptual loss: maps of its four stages.

Parameter names are those of torchvision, so that its state dict loads as it is.
"""

from __future__ import annotations

from pathlib import Path

import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor, nn

from schemas.errors import WeightsMissingError
from sharp_core.models.sharp.network.weights import advising, check_names_and_shapes, read_weights

URL = "https://download.pytorch.org/models/resnet50-11ad3fa6.pth"
_BLOCKS = (3, 4, 6, 3)  # in each stage
_WIDTHS = (64, 128, 256, 512)  # of a stage's inner convolutions
_EXPANSION = 4


class ResNet50(nn.Module):
    """Returns the maps after each stage, with 256, 512, 1024 and 2048 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inside = 64
        for index, (blocks, width) in enumerate(zip(_BLOCKS, _WIDTHS, strict=True)):
            stride = 1 if index == 0 else 2
            stage = [_Bottleneck(inside, width, stride)]
            inside = _EXPANSION * width
            stage += [_Bottleneck(inside, width, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{index + 1}", nn.Sequential(*stage))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return four maps, at 1/4 to 1/32 of the resolution of `image` (B, 3, H, W)."""
        x = F.relu(self.bn1(self.conv1(image)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        maps = []
        for index in range(len(_BLOCKS)):
            x = self.get_submodule(f"layer{index + 1}")(x)
            maps.append(x)
        return tuple(maps)


class _Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions with batch norms, added to the input."""

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        outside = _EXPANSION * width
        self.conv1 = nn.Conv2d(inside, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outside, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outside)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(
                nn.Conv2d(inside, outside, 1, stride=stride, bias=False), nn.BatchNorm2d(outside)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Transform `x` (B, inside, H, W)."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def load_resnet50(path: Path) -> ResNet50:
    """Return the extractor with torchvision's weights from `path`.

    Raises WeightsMissingError, which says where they come from, and WeightsDamagedError.
    """
    if not path.is_file():
        raise WeightsMissingError(
            f"there are no weights of ResNet-50 at {path}",
            f"Download {URL} (torchvision, ImageNet), or leave the perceptual loss out with "
            "--ablation no-perceptual.",
        )
    network = ResNet50()
    with advising(f"The file of --resnet should be torchvision's ResNet-50: {URL}"):
        network.load_state_dict(_checked(path, network.state_dict()))
    return network


def _checked(path: Path, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights in the file of the names expected. Raises WeightsDamagedError."""
    weights = read_weights(path)
    # The classifier is not used; old files have no counters of batches.
    weights = {name: tensor for name, tensor in weights.items() if not name.startswith("fc.")}
    for name, tensor in expected.items():
        if name.endswith("num_batches_tracked"):
            weights.setdefault(name, tensor)
    check_names_and_shapes(path, expected, weights)
    return weights

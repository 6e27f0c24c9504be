"""The learned heads of LPIPS and DISTS: small files that the package torchmetrics brings along."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor

from schemas.errors import MissingToolError
from schemas.extras import how_to_install

_FOLDER = Path("functional", "image")


def load_head(file: str) -> dict[str, Tensor]:
    """Return the tensors of one of the package's files, such as `lpips_models/vgg.pth`.

    Raises MissingToolError where the package, or this file of it, is not installed.
    """
    package = importlib.util.find_spec("torchmetrics")  # not imported: that takes seconds
    if package is None or package.origin is None:
        raise MissingToolError(
            "LPIPS and DISTS need the package torchmetrics, which is not installed",
            f"Install it: {how_to_install('perceptual')}. PSNR and SSIM do not need it.",
        )
    path = Path(package.origin).parent / _FOLDER / file
    if not path.is_file():
        raise MissingToolError(
            f"this version of torchmetrics has no {_FOLDER / file}",
            "Install version 1.9: pip install 'torchmetrics==1.9.*'.",
        )
    head: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return head

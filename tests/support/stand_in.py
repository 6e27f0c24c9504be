"""Stand-in weights and photos, generated from names alone, instead of the published 2.8 GB.

The recordings in tests/data/network were made with the same: each tensor is drawn from a generator
whose key is the checksum of its name, in proportions that keep signals alive through the network.
"""

from __future__ import annotations

import json
import zlib

import numpy as np
import numpy.typing as npt
import torch

from tests.support.paths import DATA

NETWORK_DATA = DATA / "network"


def shapes(preset: str) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every parameter of "full" or "tiny"."""
    table = json.loads((NETWORK_DATA / f"{preset}.shapes.json").read_text())
    return {name: tuple(shape) for name, shape in table.items()}


def weight(name: str, shape: tuple[int, ...], salt: str) -> torch.Tensor:
    """Return the stand-in for one parameter, float32. Salt "wide" reaches every clamp of depth."""
    noise = _generator(f"{salt}{name}").standard_normal(shape, dtype=np.float32)
    is_disparity = "monodepth" in name and ".head.4." in name
    wide = salt == "wide"
    if is_disparity and name.endswith("bias"):
        values = np.linspace(*((0.3, 0.1) if wide else (1.0, 0.7)), shape[0])
    elif name.endswith("gamma"):
        values = 0.1 + 0.02 * noise
    elif name.endswith(("cls_token", "pos_embed")):
        values = 0.02 * noise
    elif name.endswith("bias"):
        values = 0.05 * noise
    elif len(shape) == 1:  # the gains of norms
        values = 1.0 + 0.1 * noise
    else:
        gain = (3.0 if wide else 0.3) if is_disparity else 1.0
        values = gain / np.sqrt(float(np.prod(shape[1:]))) * noise
    return torch.from_numpy(np.asarray(values, dtype=np.float32))


def weights(preset: str, salt: str = "dev") -> dict[str, torch.Tensor]:
    """Return the whole state dict of "full" or "tiny"."""
    return {name: weight(name, shape, salt) for name, shape in shapes(preset).items()}


def photo(height: int, width: int, salt: str = "dev") -> npt.NDArray[np.uint8]:
    """Return an sRGB picture (height, width, 3): a gradient, twelve discs and grain."""
    rng = _generator(f"{salt}photo")
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width
    image = np.stack([0.3 + 0.5 * y, 0.4 + 0.3 * x, 0.7 - 0.4 * y], axis=-1)
    for _ in range(12):
        center_x, center_y, radius = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.03, 0.25)
        color = rng.uniform(0, 1, 3).astype(np.float32)
        disc = (x - center_x) ** 2 + ((y - center_y) * height / width) ** 2 < radius * radius
        image[disc] = 0.2 * image[disc] + 0.8 * color
    image += 0.03 * rng.standard_normal(image.shape, dtype=np.float32)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def _generator(name: str) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=zlib.crc32(name.encode())))

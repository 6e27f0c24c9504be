"""Networks of the small model with few or varied weights, and a folder of photos to train them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sharp_core.models.small.config import SmallConfig, Stage
from sharp_core.models.small.network import SmallNetwork
from sharp_core.training.small.data import BatchShape

# One block a stage and few channels: steps of some milliseconds.
TINY = SmallConfig(
    stem_channels=8,
    stages=tuple(Stage(1, 3, stride, 2, 8) for stride in (1, 2, 2, 2, 1, 2, 1)),
    decoder_channels=(8, 8, 8, 8, 8),
    head_channels=8,
)
SHAPES = (BatchShape(64, 64, 2, 1.0),)


def vary_batch_norms(network: SmallNetwork) -> SmallNetwork:
    """Give each batch normalisation statistics of its own, as training does."""
    torch.manual_seed(3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0.0, 0.2)
            module.running_var.uniform_(0.5, 2.0)
    return network


@contextlib.contextmanager
def one_torch_thread() -> Iterator[None]:
    """Use one thread: for a few pixels, more threads wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def write_depth_photos(folder: Path) -> None:
    """Write photos whose brightness is nearness, with labels that can be compared with them."""
    rng = np.random.default_rng(0)
    for part in ("photos", "labels", "classes", "truth"):
        (folder / part).mkdir()
    for number in range(40):
        size = (96, 80) if number % 2 else (72, 104)
        _write_photo(folder, f"{number:05d}", rng, size)
    inverse = np.linspace(1, 2, 60 * 80).reshape(60, 80).astype(np.float16)
    pixels = ((inverse - 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "truth" / "ramp.jpg")
    np.savez(folder / "truth" / "ramp.npz", inv=inverse, mask=np.ones((60, 80), bool))


def _write_photo(folder: Path, name: str, rng: np.random.Generator, size: tuple[int, int]) -> None:
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    near = np.clip(0.7 * y + 0.3 * np.sin(5 * x + rng.uniform(0, 6)) ** 2, 0, 1)
    grey = np.repeat((near * 255)[..., None], 3, axis=2).astype(np.uint8)
    Image.fromarray(grey).save(folder / "photos" / f"{name}.jpg", quality=95)
    stored = ((near + 0.1) / 1.4 * 511 * 128).astype(np.uint16)
    Image.fromarray(stored).save(folder / "labels" / f"{name}.png")
    kinds = np.where(near < 0.3, 3, np.where(near < 0.6, 13, 7)).astype(np.uint8)
    Image.fromarray(kinds[::2, ::2]).save(folder / "classes" / f"{name}.png")

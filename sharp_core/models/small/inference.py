"""A photo's pixels to relative inverse depth and class probabilities, with the bundled weights.

The same pixels give the same bytes on any number of threads: the convolutions' libraries split
sums by the number of threads, so the network runs on one. That takes about 0.1 s of one core.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from sharp_core.models.small.config import input_size
from sharp_core.models.small.network import SmallNetwork, SmallOutput, fold_batch_norms
from sharp_core.models.small.weights import BUNDLED, load_weights

DEFAULT_LONG_SIDE = 448
"""Longer side of the network's input in pixels: about the size of its training pictures."""


class SmallPrediction(NamedTuple):
    """What the network says of a photo, at half the size of the network's input."""

    inverse_depth: NDArray[np.float32]
    """(h, w): relative, larger is nearer; about 0 at the far end, about 1 at the near end."""
    class_probabilities: NDArray[np.float32]
    """(4, h, w): sky, ground, person, other; their sum is 1."""


class SmallDepth:
    """The network with its weights, ready for photos of any size."""

    def __init__(self, weights: Path = BUNDLED, long_side: int = DEFAULT_LONG_SIDE) -> None:
        network = SmallNetwork()
        load_weights(network, weights)
        self.network = fold_batch_norms(network).requires_grad_(False)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.long_side = long_side

    def __call__(self, photo: NDArray[np.uint8]) -> SmallPrediction:
        """Return the prediction for sRGB pixels (H, W, 3)."""
        output = run_on_one_thread(self.network, network_input(photo, self.long_side))
        probabilities = output.class_logits.softmax(dim=1)
        return SmallPrediction(output.inverse_depth[0, 0].numpy(), probabilities[0].numpy())


def network_input(photo: NDArray[np.uint8], long_side: int) -> torch.Tensor:
    """Resize sRGB pixels (H, W, 3) to (1, 3, h, w) in [0, 1], h and w multiples of 32."""
    size = input_size(photo.shape[0], photo.shape[1], long_side)
    # Pillow's bilinear filter widens when it shrinks, so nothing aliases.
    resized = Image.fromarray(photo).resize((size.width, size.height), Image.Resampling.BILINEAR)
    pixels = np.asarray(resized, dtype=np.float32) / np.float32(255.0)
    batch = torch.from_numpy(pixels).permute(2, 0, 1)[None]  # (1, 3, h, w)
    return batch.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def run_on_one_thread(network: SmallNetwork, photo: torch.Tensor) -> SmallOutput:
    """Run the network on (1, 3, h, w) with results that no number of threads changes."""
    with one_thread():
        return network(photo)  # type: ignore[no-any-return]


@contextmanager
def one_thread() -> Iterator[None]:
    """Have torch use one thread inside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

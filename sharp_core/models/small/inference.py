"""A photo's pixels to relative inverse depth and class probabilities, with the bundled weights.

A photo goes through the network three times: as it is and mirrored, at about the size of the
training pictures, and once larger, for detail (`detail.py`).

The same pixels give the same bytes on any number of threads: the convolutions' libraries split
sums by the number of threads, so the network runs on one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from sharp_core.models.small.config import STRIDE, input_size
from sharp_core.models.small.detail import resized, with_detail
from sharp_core.models.small.network import SmallNetwork, fold_batch_norms
from sharp_core.models.small.weights import BUNDLED, load_weights

DEFAULT_LONG_SIDE = 448
"""Longer side of the network's input in pixels: about the size of its training pictures."""

DETAIL_LONG_SIDE = 960
"""Longer side of the input that gives detail; smaller for small photos."""

_MOST_ENLARGED = 1.3


class SmallPrediction(NamedTuple):
    """What the network says of a photo."""

    inverse_depth: NDArray[np.float32]
    """(h, w): relative, larger is nearer; about 0 at the far end, about 1 at the near end."""
    class_probabilities: NDArray[np.float32]
    """(4, h, w): sky, ground, person, other; their sum is 1."""


class SmallDepth:
    """The network with its weights, ready for photos of any size.

    `detail_long_side` is 0 where no detail is wanted: the maps then have half the size of the
    input of `long_side`, else half that of the larger input.
    """

    def __init__(
        self,
        weights: Path = BUNDLED,
        long_side: int = DEFAULT_LONG_SIDE,
        detail_long_side: int = DETAIL_LONG_SIDE,
    ) -> None:
        network = SmallNetwork()
        load_weights(network, weights)
        self.network = fold_batch_norms(network).requires_grad_(False)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.long_side = long_side
        self.detail_long_side = detail_long_side

    @torch.inference_mode()
    def __call__(self, photo: NDArray[np.uint8]) -> SmallPrediction:
        """Return the prediction for sRGB pixels (H, W, 3)."""
        with one_thread():
            inverse_depth, logits = self._whole(photo)
            side = min(self.detail_long_side, _largest_side(photo))
            if side > self.long_side:
                fine = self.network(network_input(photo, side)).inverse_depth[0, 0]
                inverse_depth = with_detail(inverse_depth, fine)
                logits = resized(logits, *fine.shape)  # without detail: it mistakes textures
        return SmallPrediction(inverse_depth.numpy(), logits.softmax(dim=0).numpy())

    def _whole(self, photo: NDArray[np.uint8]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inverse depth (h, w) and logits (4, h, w): means over the photo and its mirror."""
        pixels = network_input(photo, self.long_side)
        both = [torch.cat(self.network(side), dim=1)[0] for side in (pixels, pixels.flip(3))]
        mean = (both[0] + both[1].flip(2)) / 2  # (5, h, w)
        return mean[0], mean[1:]


def _largest_side(photo: NDArray[np.uint8]) -> int:
    """Return the longer side in pixels beyond which a photo shows the network nothing more."""
    return int(_MOST_ENLARGED * max(photo.shape[:2])) // STRIDE * STRIDE


def network_input(photo: NDArray[np.uint8], long_side: int) -> torch.Tensor:
    """Resize sRGB pixels (H, W, 3) to (1, 3, h, w) in [0, 1], h and w multiples of 32."""
    size = input_size(photo.shape[0], photo.shape[1], long_side)
    # Pillow's bilinear filter widens when it shrinks, so nothing aliases.
    resized = Image.fromarray(photo).resize((size.width, size.height), Image.Resampling.BILINEAR)
    pixels = np.asarray(resized, dtype=np.float32) / np.float32(255.0)
    batch = torch.from_numpy(pixels).permute(2, 0, 1)[None]  # (1, 3, h, w)
    return batch.contiguous(memory_format=torch.channels_last)


@contextmanager
def one_thread() -> Iterator[None]:
    """Have torch use one thread inside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

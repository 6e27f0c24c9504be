"""The `sharp` model: the published network as a predictor.

In: sRGB pixels and focal lengths in pixels. Out: Gaussians in metres.

    uint8 photo -> resize to R x R -> network, in batches -> Gaussians in NDC -> metres

All intermediate values stay on the device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from schemas.choices import DType
from schemas.errors import WeightsMissingError
from schemas.settings import ModelSettings
from sharp_core.models.freed_memory import reuse_freed_memory
from sharp_core.models.interface import PredictorInput
from sharp_core.models.out_of_memory import is_out_of_memory
from sharp_core.models.sharp.checkpoint import inspect_checkpoint
from sharp_core.models.sharp.compiling import Compiled, compile_network
from sharp_core.models.sharp.entry import SHARP
from sharp_core.models.sharp.memory import automatic_batch_size, empty_device_cache
from sharp_core.models.sharp.network.config import PRESETS, NetworkConfig, PresetName
from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.models.sharp.network.weights import load_network
from sharp_core.models.sharp.precision import (
    dtype_of,
    resolve_precision,
    torch_precision,
)
from sharp_core.models.sharp.resize import resize_to_square
from sharp_core.models.sharp.uploads import CudaLane, Pixels, Uploads
from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.models.two_layer.ndc_to_metric import ndc_to_metric
from sharp_core.scene.gaussians import Gaussians


def load(settings: ModelSettings, device: str, weights: Path | None) -> SharpPredictor:
    """Load the network from `weights` as the settings of a run ask for.

    Raises WeightsError, UsageError.
    """
    if weights is None:
        raise WeightsMissingError("the model 'sharp' needs weights, and none were found")
    return SharpPredictor.load(
        weights,
        cast("PresetName", settings.preset or "sharp"),
        device=device,
        dtype=settings.dtype,
        # Not "graphs": Ray calls predictors from several threads, which torch's graphs do not
        # support (pytorch/pytorch issue 123177).
        compiled="kernels" if settings.compiled else "no",
    )


class SharpPredictor:
    """The network on a device. Results do not depend on the batch size."""

    name = SHARP.name

    def __init__(
        self,
        network: SharpNetwork,
        fingerprint: str,
        *,
        device: torch.device,
        precision: DType = DType.FP32,
        batch_size: int = 1,
        compiled: Compiled = "no",
    ) -> None:
        """Take a loaded network; `load` makes one from a checkpoint. Raises UsageError."""
        self.fingerprint = fingerprint
        self.device = device
        self.precision = precision  # never AUTO
        self.batch_size = batch_size  # photos; reduced if memory runs out
        self._config: NetworkConfig = network.config
        self.compiled = compiled
        self._run: Callable[[Tensor, Tensor], NdcGaussians] = compile_network(
            network, compiled, device
        )
        self._uploads = Uploads(CudaLane(device) if device.type == "cuda" else None)
        self._compiled_size = 0  # the largest batch so far; smaller ones are padded to it

    @staticmethod
    def load(
        checkpoint: Path,
        preset: PresetName = "sharp",
        *,
        device: str = "cpu",
        dtype: DType = DType.AUTO,
        batch_size: int | None = None,
        compiled: Compiled = "no",
    ) -> SharpPredictor:
        """Load a checkpoint onto `device`: "cpu", "cuda", "cuda:1", "mps".

        If `batch_size` is None, it follows from the free memory. With `compiled` the first batch
        takes minutes. Raises WeightsDamagedError, UsageError.
        """
        target = torch.device(device)
        chosen = resolve_precision(dtype, target)
        config = PRESETS[preset]
        if target.type == "cpu":
            reuse_freed_memory()
        with torch_precision(chosen):  # torch starts its threads here
            network = load_network(checkpoint, config, target, dtype_of(chosen))
        return SharpPredictor(
            network,
            inspect_checkpoint(checkpoint).fingerprint,
            device=target,
            precision=chosen,
            batch_size=batch_size or automatic_batch_size(config, target, dtype_of(chosen)),
            compiled=compiled,
        )

    def uploading(self, photos: Sequence[Pixels]) -> AbstractContextManager[None]:
        """Start to copy pixels to a GPU, in any thread; `predict` finds these arrays inside."""
        return self._uploads.of(photos)

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        """Return one scene per photo, in order, in metres, on the predictor's device.

        If memory runs out, the batch size is halved for the rest of the run. Raises MemoryError if
        one photo does not fit.
        """
        scenes: list[Gaussians] = []
        while len(scenes) < len(photos):
            batch = photos[len(scenes) : len(scenes) + self.batch_size]
            done = self._try_batch(batch)
            if done is not None:
                scenes += done
                continue
            empty_device_cache(self.device)
            at_once = max(len(batch), self._compiled_size)
            if at_once == 1:
                raise MemoryError(f"not enough memory on {self.device} for one photo")
            self.batch_size = (at_once + 1) // 2
            self._compiled_size = 0
        return scenes

    def _try_batch(self, photos: Sequence[PredictorInput]) -> list[Gaussians] | None:
        """Return the scenes of `photos`, or None if memory ran out."""
        try:
            return self._predict_batch(photos)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return None  # this releases the error, and the tensors that its frames hold

    @torch.inference_mode()
    def _predict_batch(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        with torch_precision(self.precision):
            ndc = self._run_network(photos)
            scenes = []
            for index, photo in enumerate(photos):
                height, width = photo.pixels.shape[:2]
                scenes.append(ndc_to_metric(ndc, index, photo.focal_px, width, height))
            return scenes

    def _run_network(self, photos: Sequence[PredictorInput]) -> NdcGaussians:
        images = torch.stack([self._square(photo) for photo in photos])  # (B, 3, R, R)
        factors = [photo.focal_px / photo.pixels.shape[1] for photo in photos]
        disparity_factor = torch.tensor(factors, dtype=torch.float32, device=self.device)
        if self.compiled == "no":
            return self._run(images, disparity_factor)
        # Pad the batch: another size would compile again.
        self._compiled_size = max(self._compiled_size, len(photos))
        missing = self._compiled_size - len(photos)
        images = torch.cat((images, images[-1:].expand(missing, -1, -1, -1)))
        disparity_factor = torch.cat((disparity_factor, disparity_factor[-1:].expand(missing)))
        if self.compiled == "kernels":
            return self._run(images, disparity_factor)
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        # Copy: the next replay overwrites these tensors.
        return NdcGaussians(*(value.clone() for value in self._run(images, disparity_factor)))

    def _square(self, photo: PredictorInput) -> Tensor:
        pixels = self._uploads.find(photo.pixels)
        if pixels is None:
            # Copies if torch needs it: for flipped views and read-only arrays.
            writable = np.require(photo.pixels, requirements=("C", "W"))
            pixels = torch.from_numpy(writable).to(self.device)
        return resize_to_square(pixels, self._config.resolution)

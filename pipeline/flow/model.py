"""Which predictor a run uses: finding its weights, what names it, and loading it in a worker."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import UsageError, WeightsError
from schemas.settings import Device, ModelName, ModelSettings
from sharp_core.models.sharp.checkpoint import fetch_checkpoint, find_checkpoint, inspect_checkpoint

if TYPE_CHECKING:  # torch is imported where a model is loaded
    from sharp_core.models.interface import Predictor

_logger = logging.getLogger(__name__)
_GPU_BATCH = 4
UNKNOWN_FINGERPRINT = "sharp-unknown"  # of weights that are still to be downloaded


@dataclass(frozen=True, slots=True)
class Fetching:
    """How a download of weights speaks to a person."""

    licence: Callable[[str], None]  # to be read before the first byte
    notice: Callable[[str], None]  # what it waits for
    progress: Callable[[int, int | None], None]  # bytes so far, and of how many, if known

    def fetch(self) -> Path:
        """Download the weights of `sharp`, or what is missing of them."""
        return fetch_checkpoint(licence=self.licence, notice=self.notice, progress=self.progress)


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A predictor that is known to be available: its name, and what names its weights and code."""

    settings: ModelSettings
    fingerprint: str
    checkpoint: Path | None = None

    @property
    def name(self) -> str:
        """The model's name, as scenes record it."""
        return self.settings.model.value

    def usual_batch_size(self, *, on_gpu: bool) -> int:
        """Return how many photos are best predicted together."""
        return _GPU_BATCH if on_gpu and self.settings.model is ModelName.SHARP else 1

    def load(self) -> Predictor:
        """Load the predictor, ready to predict, on the device that the settings name.

        Raises WeightsError, UsageError.
        """
        settings = self.settings
        device = resolve_device(settings.device)
        if settings.model is ModelName.PRIOR:
            from sharp_core.models.prior.predictor import PriorPredictor

            return PriorPredictor()
        from sharp_core.models.sharp.predictor import SharpPredictor

        return SharpPredictor.load(
            self._checkpoint_here(),
            preset=settings.preset.value,
            device=device,
            dtype=settings.dtype.value,
            # Not "graphs": Ray calls predictors from several threads, which torch's graphs
            # do not support (pytorch/pytorch issue 123177).
            compiled="kernels" if settings.compiled else "no",
        )

    def _checkpoint_here(self) -> Path:
        """Return the run's weights on this machine, which need not be the one that found them.

        They are where they were found, else in this machine's cache, else downloaded there. Raises
        WeightsError unless they are those of the run.
        """
        path = self.checkpoint
        if path is None or not path.is_file():
            path = find_checkpoint()
        if path is None and self.settings.checkpoint is None:
            path = fetch_checkpoint(licence=_logger.warning, notice=_logger.warning)
        host = socket.gethostname()
        hint = f"Put the run's weights at {self.checkpoint} on every machine of the cluster."
        if path is None:
            raise WeightsError(f"{host} has no checkpoint {self.checkpoint}", hint)
        found = inspect_checkpoint(path).fingerprint
        if found != self.fingerprint:
            raise WeightsError(
                f"{path} on {host} holds other weights ({found}) than the run has "
                f"({self.fingerprint})",
                hint,
            )
        return path


def resolve_model(settings: ModelSettings, fetching: Fetching | None = None) -> ResolvedModel:
    """Find the model's weights, or download them as `fetching` says.

    Without `fetching`, weights that are not here yet leave the model without a fingerprint: good
    for a plan, not for a run. Raises UsageError, WeightsError.
    """
    if settings.model is ModelName.PRIOR:
        if settings.checkpoint is not None:
            raise UsageError(
                "--checkpoint: the model 'prior' has no weights", "Use --model sharp with it."
            )
        return ResolvedModel(settings, prior_fingerprint())
    given = Path(settings.checkpoint).expanduser() if settings.checkpoint else None
    path = find_checkpoint(given)
    if path is None and fetching is not None:
        path = fetching.fetch()
    if path is None:
        return ResolvedModel(settings, UNKNOWN_FINGERPRINT)
    return ResolvedModel(settings, inspect_checkpoint(path).fingerprint, path)


def prior_fingerprint() -> str:
    """Return what names the model `prior`, which has no weights."""
    from sharp_core.models.prior.predictor import PriorPredictor

    return PriorPredictor.fingerprint


def resolve_device(device: Device) -> str:
    """Return the name of the torch device to use. Raises UsageError if it is not there."""
    import torch

    there = {
        Device.CUDA: torch.cuda.is_available(),
        Device.MPS: torch.backends.mps.is_available(),
        Device.CPU: True,
    }
    if device is Device.AUTO:
        return next(name.value for name, is_there in there.items() if is_there)
    if not there[device]:
        raise UsageError(
            f"--device {device}: this machine has none that torch can use",
            "Run 'sharp-batch doctor' to see what there is, or leave --device away.",
        )
    return device.value

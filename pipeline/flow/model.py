"""Which model a run uses: finding its weights, what identifies it, and loading it in a worker."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.choices import Device, DType
from schemas.errors import UsageError, WeightsMissingError
from schemas.settings import ModelSettings
from sharp_core.models.entry import DownloadedWeights, ModelEntry
from sharp_core.models.registry import MODELS

if TYPE_CHECKING:  # torch is imported where a model is loaded
    from sharp_core.models.interface import Predictor

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetching:
    """How a download of weights reports to a person."""

    licence: Callable[[str], None]  # to be read before the first byte
    notice: Callable[[str], None]  # what it waits for
    progress: Callable[[int, int | None], None]  # bytes so far, and of how many, if known

    def fetch(self, weights: DownloadedWeights) -> Path:
        """Download a model's weights, or what is missing of them. Raises WeightsError."""
        return weights.source.get().fetch_checkpoint(
            licence=self.licence, notice=self.notice, progress=self.progress
        )


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model that is known to be available: its name, and what identifies its weights and code."""

    settings: ModelSettings
    fingerprint: str
    checkpoint: Path | None = None

    @property
    def name(self) -> str:
        """The model's name, as scenes record it."""
        return self.settings.model

    @property
    def entry(self) -> ModelEntry:
        """What is registered of the model. Raises UsageError where nothing is."""
        return MODELS.get(self.settings.model, "--model")

    @property
    def lacks_weights(self) -> bool:
        """Whether its weights are still to be downloaded."""
        return self.entry.needs_download and self.checkpoint is None

    def usual_batch_size(self, *, on_gpu: bool) -> int:
        """Return how many photos are best predicted together."""
        return self.entry.gpu_batch if on_gpu else 1

    def load(self) -> Predictor:
        """Load the predictor, ready to predict, on the device that the settings name.

        Raises WeightsError, UsageError.
        """
        device = resolve_device(self.settings.device)
        weights = self.entry.weights
        path = self._checkpoint_here(weights) if weights is not None else None
        return self.entry.load.get()(self.settings, device, path)

    def _checkpoint_here(self, weights: DownloadedWeights) -> Path:
        """Return the run's weights on this machine, which need not be the one that found them.

        They are where they were found, else in this machine's cache, else downloaded there. Raises
        WeightsError unless they are those of the run.
        """
        source = weights.source.get()
        path = self.checkpoint
        if path is None or not path.is_file():
            path = source.find_checkpoint()
        if path is None and self.settings.checkpoint is None:
            path = Fetching(_logger.warning, _logger.warning, lambda *_: None).fetch(weights)
        host = socket.gethostname()
        hint = f"Put the run's weights at {self.checkpoint} on every machine of the cluster."
        if path is None:
            raise WeightsMissingError(f"{host} has no checkpoint {self.checkpoint}", hint)
        found = source.inspect_checkpoint(path).fingerprint
        if found != self.fingerprint:
            raise WeightsMissingError(
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
    entry = MODELS.get(settings.model, "--model")
    check_settings(settings, entry)
    if entry.weights is None:
        return ResolvedModel(settings, entry.fingerprint)
    source = entry.weights.source.get()
    path = source.find_checkpoint(
        Path(settings.checkpoint).expanduser() if settings.checkpoint else None
    )
    if path is None and fetching is not None:
        path = fetching.fetch(entry.weights)
    if path is None:  # to be downloaded by the run itself
        return ResolvedModel(settings, f"{entry.name}-unknown")
    return ResolvedModel(settings, source.inspect_checkpoint(path).fingerprint, path)


def check_settings(settings: ModelSettings, entry: ModelEntry) -> None:
    """Raise UsageError where the settings ask for what the model does not have."""
    if settings.checkpoint is not None and not entry.needs_download:
        others = [other.name for other in MODELS if other.needs_download]
        raise UsageError(
            f"the model '{entry.name}' has no weights (--checkpoint)",
            f"Use one that has: {' or '.join(others)} (--model).",
        )
    if settings.preset is not None and not entry.presets:
        raise UsageError(
            f"the model '{entry.name}' has no presets (--preset)",
            "Omit it, or choose another model (--model).",
        )
    if settings.preset is not None and settings.preset not in entry.presets:
        raise UsageError(
            f"the model '{entry.name}' has no preset '{settings.preset}' (--preset); it has: "
            f"{', '.join(entry.presets)}",
            "Omit it, or choose another model (--model).",
        )
    dtypes = (DType.AUTO.value, *entry.dtypes)
    if settings.dtype.value not in dtypes:
        raise UsageError(
            f"the model '{entry.name}' has no number format '{settings.dtype.value}' (--dtype); "
            f"it has: {', '.join(dtypes)}",
            "Omit it, or choose another model (--model).",
        )
    if settings.compiled and not entry.can_compile:
        raise UsageError(
            f"the model '{entry.name}' cannot be compiled (--compile)", "Choose another model."
        )


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
            f"torch cannot use the device '{device}' here (--device)",
            "Run 'sharp-batch doctor' to list the devices.",
        )
    return device.value

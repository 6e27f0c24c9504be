"""Which predictor a run uses: what names it, and loading it where the predictions are made."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.errors import UsageError, WeightsError
from schemas.settings import Device, ModelName, ModelSettings
from sharp_core.predictors.interface import Predictor
from sharp_core.predictors.prior import PriorPredictor


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A predictor that is known to be available: its name, and what names its weights and code."""

    settings: ModelSettings
    fingerprint: str

    @property
    def name(self) -> str:
        """The model's name, as scenes record it."""
        return self.settings.model.value

    def load(self) -> Predictor:
        """Load the predictor, ready to predict, on the device that the settings name."""
        return PriorPredictor()


def resolve_model(settings: ModelSettings) -> ResolvedModel:
    """Find the model's weights. Raises UsageError, WeightsError."""
    if settings.model is ModelName.PRIOR:
        if settings.checkpoint is not None:
            raise UsageError("--checkpoint: the model 'prior' has no weights")
        return ResolvedModel(settings, PriorPredictor.fingerprint)
    raise WeightsError(
        "the weights of the model 'sharp' are not available",
        "Three ways out: download them by hand, name their file with --checkpoint, or try "
        "everything without weights by --model prior.",
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
            f"--device {device}: this machine has none that torch can use",
            "Run 'sharp-batch doctor' to see what there is, or leave --device away.",
        )
    return device.value

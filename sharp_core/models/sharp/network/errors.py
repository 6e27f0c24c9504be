"""What can go wrong with weights.

WeightsError               message, and what to do about it
├── WeightsNotAvailable    there are none here, or the download failed
└── WeightsDamaged         there is a file, and it is not the model's weights
"""

from __future__ import annotations


class WeightsError(Exception):
    """The weights cannot be used: `message` says what happened, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        # Both go to `args`, so that the error survives pickling between processes.
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class WeightsNotAvailable(WeightsError):  # noqa: N818 - reads as what it says
    """There are no weights to load."""


class WeightsDamaged(WeightsError):  # noqa: N818 - reads as what it says
    """The file is not a checkpoint, or not one of this network."""

"""Every error a person can see, and the exit code it ends a command with.

SharpBatchError               message, what to do about it, exit code
├── UsageError            2   the command or its settings make no sense
├── LibraryBusyError      3   another run holds the library
├── WeightsError          4   the model's weights cannot be used
│   ├── WeightsMissingError   there are none on this machine
│   │   └── DownloadError     and they could not be downloaded
│   └── WeightsDamagedError   there is a file, and it does not hold the model's weights
├── StoreError            5   the catalog or the store is damaged, full or too new
├── RunError              1   the run as a whole cannot continue, and no photo is at fault
│   ├── DeviceError           its GPU accepts no more work; a new process may have it again
│   └── MissingToolError      this machine lacks a package, an encoder or a device
└── PhotoError                one photo cannot be used: recorded, and the run continues
    ├── SourceError           its file could not be read this time: the next run tries again
    ├── FormatError           a splat file is damaged, or cannot express the scene
    ├── UnsuitableError       a scene cannot be exported as one kind; its other files are made
    └── HeifError             a file is no HEIF file, or its structure is damaged

OutOfTime                     no Exception: the time limit of one photo or scene interrupts it
"""

from __future__ import annotations

from typing import ClassVar, Self

from schemas.explained import ExplainedInt
from schemas.reasons import FailureReason

RESUME_HINT = "Run the same command again: it resumes."


class ExitCode(ExplainedInt):
    """What a command's exit code says. An interface: codes never change their meaning."""

    OK = 0, "all done"
    SOME_FAILED = 1, "finished, and some photos failed in this run"
    USAGE = 2, "usage error"
    LIBRARY_BUSY = 3, "another run holds the library"
    NO_WEIGHTS = 4, "model weights not available"
    STORE_DAMAGED = 5, "catalog or store damaged or too new"
    INTERRUPTED = 130, "interrupted, state saved"


class SharpBatchError(Exception):
    """A known error: `message` says what happened and to what, `hint` what to do about it."""

    exit_code: ClassVar[ExitCode] = ExitCode.SOME_FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        # Both go to `args`, so that the error survives pickling between processes.
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(SharpBatchError):
    """The command line or a settings file asks for something impossible."""

    exit_code = ExitCode.USAGE


class LibraryBusyError(SharpBatchError):
    """Another run holds the library."""

    exit_code = ExitCode.LIBRARY_BUSY


class WeightsError(SharpBatchError):
    """The weights of the model asked for cannot be used."""

    exit_code = ExitCode.NO_WEIGHTS


class WeightsMissingError(WeightsError):
    """There are no weights to load."""

    @classmethod
    def of_model(cls, name: str) -> Self:
        """Return the error for a model whose weights have to be downloaded first."""
        return cls(
            f"the weights of {name!r} are not on this machine",
            f"Download them: sharp-batch model fetch {name}",
        )


class DownloadError(WeightsMissingError):
    """The weights could not be downloaded. What has arrived of them is kept for the next try."""


class WeightsDamagedError(WeightsError):
    """The file is not a checkpoint, or not one of this model."""


class StoreError(SharpBatchError):
    """The catalog or the store is damaged, or was written by a newer version."""

    exit_code = ExitCode.STORE_DAMAGED


class RunError(SharpBatchError):
    """The run cannot continue; what is finished is kept."""


class DeviceError(RunError):
    """A GPU accepts no more work from this process, as after an illegal memory access.

    Which photo caused that, if any did, is not known.
    """


class MissingToolError(RunError):
    """The machine lacks a package, an encoder or a device. The message says what to install."""


class PhotoError(SharpBatchError):
    """One photo cannot become a scene; `reason` is recorded and the run continues."""

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.args = (reason, message)
        self.reason = reason


class SourceError(PhotoError):
    """The photo's file could not be read, or has just changed: the next run tries again."""


class CollectionError(SharpBatchError):
    """A photo library's database is locked, damaged or of an unknown version.

    What was read from it before stays, and the run continues.
    """


class HookError(SharpBatchError):
    """A hook was not called, or has failed; the run goes on."""


class FormatError(PhotoError):
    """A splat file is damaged, is not what its name says, or cannot express a scene."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureReason.UNREADABLE, message)
        self.args = (message,)


class UnsuitableError(PhotoError):
    """A scene cannot be exported as a kind of file: it is noted, and no failure of the scene."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureReason.UNSUPPORTED, message)
        self.args = (message,)


class HeifError(PhotoError):
    """A file is no HEIF file, or its `meta` box is damaged. The message says where."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureReason.UNREADABLE, message)
        self.args = (message,)


class OutOfTime(BaseException):
    """The time for this photo is up. No Exception: the work inside must not catch it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return f"not finished after {self.seconds:g} s"

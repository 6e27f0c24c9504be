"""An error that a stage raised at a photo -> the record of the failure."""

from __future__ import annotations

import socket

from pipeline.store.disk_errors import is_disk_full, no_space_left
from schemas.errors import OutOfTime, PhotoError, RunError, SourceError
from schemas.outcomes import Failed, Stage
from schemas.reasons import FailureReason
from schemas.records import PhotoFile, PhotoMeta
from sharp_core.models.out_of_memory import is_out_of_memory


def failed(
    file: PhotoFile,
    stage: Stage,
    error: Exception | OutOfTime,
    meta: PhotoMeta | None = None,
    model_fingerprint: str | None = None,
) -> Failed:
    """Return the outcome of a photo at which a stage raised `error`: it does not end the run.

    Raises RunError where a package is missing.
    """
    match error:
        case ImportError():
            raise RunError(
                f"the installation on {socket.gethostname()} is incomplete: {error}",
                "Install sharp-batch there again; see 'sharp-batch doctor'.",
            ) from error
        case SourceError():
            stage, reason = Stage.READ, error.reason
            message = f"{error.message}; the next run looks at it again"
        case PhotoError():
            reason, message = error.reason, error.message
        case OutOfTime():
            reason, message = FailureReason.TIMEOUT, str(error)
        case _ if is_out_of_memory(error):
            reason, message = FailureReason.OUT_OF_MEMORY, "not enough memory"
        case OSError() if is_disk_full(error):
            reason, message = FailureReason.DISK_FULL, no_space_left("the disk")
        case OSError():
            reason, message = FailureReason.UNREADABLE, error.strerror or str(error)
        case _:
            reason = FailureReason.MODEL_ERROR if model_fingerprint else FailureReason.UNREADABLE
            message = f"{type(error).__name__}: {error}"
    return Failed(file, stage, reason, message, socket.gethostname(), meta, model_fingerprint)

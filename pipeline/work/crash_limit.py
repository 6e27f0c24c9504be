"""When a photo that crashes its worker is given up, and what is recorded of it then."""

from __future__ import annotations

import socket

from schemas.outcomes import Failed, Stage
from schemas.reasons import FailureReason
from schemas.records import PhotoFile

MOST_CRASHES = 3  # while alone, over all runs since the photo last succeeded
MOST_MOVES = 10  # from nodes that were lost


def is_last_crash(crashes: int) -> bool:
    """Tell whether a photo with so many crashes is given up."""
    return crashes >= MOST_CRASHES


def given_up(
    file: PhotoFile,
    stage: Stage,
    reason: FailureReason,
    message: str,
    crashes: int,
    model_fingerprint: str | None,
) -> Failed:
    """Return the record of a crash: final if it was the last one that is allowed."""
    is_final = is_last_crash(crashes)
    return Failed(
        file,
        stage,
        reason,
        f"{message}, {crashes} times" if is_final else message,
        socket.gethostname(),
        model_fingerprint=model_fingerprint,
        is_final=is_final,
    )


def lost_nodes(file: PhotoFile, stage: Stage, moves: int, model_fingerprint: str | None) -> Failed:
    """Return the record of a photo that was on one lost node after the other."""
    message = f"{moves} machines were lost while they worked on it"
    return Failed(
        file,
        stage,
        FailureReason.WORKER_LOST,
        message,
        socket.gethostname(),
        model_fingerprint=model_fingerprint,
    )

"""Whose fault it was that work on a Ray cluster came to nothing, and where its photo goes next.

A decode or encode worker has one photo, so it is that one's. A predictor that dies blames nobody at
first: the photos it had go again, each alone on an idle predictor. Only crashes while alone count,
`MOST_CRASHES` give a photo up, and not before the same predictor has survived a photo that nothing
is wrong with. A lost node is nobody's fault.

Where memory runs low, Ray kills whoever works or idles there, several at once: the photos that this
hits go again at the end, each with the whole run to itself, and only then does it count.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from ray.exceptions import (
    LocalRayletDiedError,
    NodeDiedError,
    ObjectLostError,
    ObjectStoreFullError,
    RayError,
    RayTaskError,
    WorkerCrashedError,
)

from pipeline.cluster.tasks import PhotoTask
from pipeline.work.crash_limit import MOST_MOVES, given_up, is_last_crash, lost_nodes
from schemas.errors import FailureReason, RunError, SharpBatchError
from schemas.records import Failed
from sharp_core.models.out_of_memory import is_out_of_memory

_LOST = (ObjectLostError, NodeDiedError, LocalRayletDiedError)
_ADDRESS = re.compile(r"\bip=([^\s,)]+)")  # of a worker, in what Ray says of its error


class LossKind(Enum):
    """What is known of a loss."""

    NODE = auto()  # the machine went, or what it had kept
    MEMORY = auto()  # there was too little of it
    IN_COMPANY = auto()  # it may have been any of several photos
    ALONE = auto()  # no other photo can have done it


class Loss(NamedTuple):
    """Work of one stage that did not come back."""

    kind: LossKind
    stage: str
    reason: FailureReason = FailureReason.WORKER_LOST
    message: str = ""


class NextStep(Enum):
    """Where a photo goes."""

    AGAIN = auto()  # from the start
    SUSPECT = auto()  # to a predictor, alone
    AT_END = auto()  # when all others are through
    PROBED = auto()  # nowhere, if a predictor that it was on survives a probe
    ENDED = auto()


class Attribution(NamedTuple):
    """What becomes of a photo, and what is recorded of it, if anything is."""

    next: NextStep
    record: Failed | None = None


def attribute(item: PhotoTask, loss: Loss, model_fingerprint: str) -> Attribution:
    """Count a loss against a photo if it is to be blamed, and say where it goes."""
    fingerprint = None if loss.stage == "decode" else model_fingerprint
    match loss.kind:
        case LossKind.NODE:
            item.moves += 1
            if item.moves > MOST_MOVES:
                record = lost_nodes(item.file, loss.stage, item.moves, fingerprint)
                return Attribution(NextStep.ENDED, record)
            return Attribution(NextStep.AGAIN)
        case LossKind.MEMORY if not item.was_starved:
            item.was_starved = True
            return Attribution(NextStep.AT_END)
        case LossKind.IN_COMPANY:
            item.was_in_crash = True
            return Attribution(NextStep.SUSPECT)
    item.crashes += 1
    record = given_up(item.file, loss.stage, loss.reason, loss.message, item.crashes, fingerprint)
    if not is_last_crash(item.crashes):
        return Attribution(NextStep.AGAIN, record)
    return Attribution(NextStep.PROBED if loss.stage == "predict" else NextStep.ENDED, record)


def task_loss(stage: str, limit_s: float, error: RayError, *, is_late: bool) -> Loss:
    """Return what befell a photo, alone in a task that did not come back.

    A worker that does not hear its limit dies some time after it: `is_late` says that it was so.
    Raises SharpBatchError where the same would befall any photo.
    """
    if isinstance(error, RayTaskError):
        return live_loss(stage, error)
    known = known_loss(stage, error)
    if known is not None:
        return known
    if not isinstance(error, WorkerCrashedError):
        raise RunError(
            f"Ray cannot run {stage}: {error_text(error)}",
            "Mend that, then run the same command again: it goes on where it was.",
        )
    if is_late:
        return timeout_loss(LossKind.ALONE, stage, limit_s)
    return Loss(LossKind.ALONE, stage, message="the worker died")


def live_loss(stage: str, error: RayTaskError) -> Loss:
    """Return what befell the photos of a call whose process lives.

    Stages tell of photos' own errors as their result. Raises SharpBatchError where one says that it
    cannot go on, or fails outside of any photo, as for want of a package.
    """
    known = known_loss(stage, error.cause)
    if known is not None:
        return known
    if isinstance(error.cause, SharpBatchError):
        raise error.cause
    place = _ADDRESS.search(str(error))
    raise RunError(
        f"{stage} does not work{f' on {place[1]}' if place else ''}: {error_text(error.cause)}",
        "Mend that, then run the same command again: it goes on where it was. All machines of a "
        "cluster need the same packages: see 'sharp-batch doctor' there.",
    )


def known_loss(stage: str, error: BaseException) -> Loss | None:
    """Return what befell a photo if `error` tells; None where a process died, nobody knows why."""
    if isinstance(error, _LOST):
        return Loss(LossKind.NODE, stage)
    if isinstance(error, ObjectStoreFullError) or is_out_of_memory(error):
        message = "the memory ran out, though no other photo was under way"
        return Loss(LossKind.MEMORY, stage, FailureReason.OUT_OF_MEMORY, message)
    return None


def timeout_loss(kind: LossKind, stage: str, limit_s: float) -> Loss:
    """Return what befell a photo that took too long."""
    return Loss(kind, stage, FailureReason.TIMEOUT, f"not finished after {limit_s:g} s")


def first_line(error: BaseException) -> str:
    """Return what an error says, without the traceback that follows it."""
    return str(error).strip().partition("\n")[0]


def error_text(error: BaseException) -> str:
    """Return an error's type and message; where Ray passes on a traceback, those of its cause."""
    text = str(error).strip()
    if "Traceback" in text:
        return text.splitlines()[-1]
    return f"{type(error).__name__}: {first_line(error)}"

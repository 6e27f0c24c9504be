"""Fault attribution: what a loss of work on a Ray cluster says of a photo, and where it goes next.

A task has one photo or scene, so its crash counts against that one. A crash of a predictor counts
against none at first: its photos are predicted again, each alone on an idle predictor, and only a
crash while alone counts. After `MOST_CRASHES` a photo is given up, but one that predictors die of
only once such a predictor has passed a health check. A lost node counts against none.

    loss             next step
    NODE             AGAIN; ENDED after too many lost nodes
    MEMORY           RETRY_LAST; the second time as SOLE_TASK
    SHARED_WORKER    SUSPECT
    SOLE_TASK        AGAIN; after MOST_CRASHES HEALTH_CHECK for a predictor, else ENDED

Where memory runs low, Ray kills several busy or idle workers at once. The photos that this hits
are repeated at the end, each with the whole cluster to itself, and only then does it count.
"""

from __future__ import annotations

import re
import socket
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

from pipeline.cluster.tasks import ClusterTask
from pipeline.work.crash_limit import MOST_MOVES, given_up, is_last_crash, lost_nodes
from schemas.errors import RESUME_HINT, RunError, SharpBatchError
from schemas.outcomes import Failed, Stage
from schemas.reasons import FailureReason
from sharp_core.models.out_of_memory import is_out_of_memory

_LOST = (ObjectLostError, NodeDiedError, LocalRayletDiedError)
_ADDRESS = re.compile(r"\bip=([^\s,)]+)")  # of a worker, in the text of Ray's errors
_REPAIR = f"Repair that. {RESUME_HINT}"


class LossKind(Enum):
    """What is known of a loss."""

    NODE = auto()  # the machine is gone, or what it had kept
    MEMORY = auto()  # there was too little of it
    SHARED_WORKER = auto()  # any of several photos may be at fault
    SOLE_TASK = auto()  # no other photo can be at fault


class Loss(NamedTuple):
    """Work of one stage that did not come back."""

    kind: LossKind
    stage: Stage
    reason: FailureReason = FailureReason.WORKER_LOST
    message: str = ""


class NextStep(Enum):
    """Where a photo or scene goes after a loss."""

    AGAIN = auto()  # from the start
    SUSPECT = auto()  # to a predictor, alone
    RETRY_LAST = auto()  # from the start, when all others are through
    HEALTH_CHECK = auto()  # nowhere, once a predictor has passed a health check
    ENDED = auto()


class FaultRules(NamedTuple):
    """How losses count in one run."""

    model_fingerprint: str | None = None  # recorded with failures in which the model took part
    retry_timeouts: bool = True


class Attribution(NamedTuple):
    """Where a photo or scene goes, and what is recorded of it, if anything is."""

    next: NextStep
    record: Failed | None = None


def attribute(task: ClusterTask, loss: Loss, rules: FaultRules) -> Attribution:
    """Count a loss against a photo or scene if it is at fault, and say where it goes."""
    fingerprint = None if loss.stage == Stage.DECODE else rules.model_fingerprint
    match loss.kind:
        case LossKind.NODE:
            task.moves += 1
            if task.moves <= MOST_MOVES:
                return Attribution(NextStep.AGAIN)
            record = lost_nodes(task.file, loss.stage, task.moves, fingerprint)
            return Attribution(NextStep.ENDED, record)
        case LossKind.MEMORY if not task.was_starved:
            task.was_starved = True
            return Attribution(NextStep.RETRY_LAST)
        case LossKind.SHARED_WORKER:
            task.was_in_crash = True
            return Attribution(NextStep.SUSPECT)
    return _attribute_alone(task, loss, rules, fingerprint)


def _attribute_alone(
    task: ClusterTask, loss: Loss, rules: FaultRules, fingerprint: str | None
) -> Attribution:
    """Count a loss against the one photo or scene that can be at fault."""
    task.crashes += 1
    if loss.reason is FailureReason.TIMEOUT and not rules.retry_timeouts:
        host = socket.gethostname()
        record = Failed(task.file, loss.stage, loss.reason, loss.message, host)
        return Attribution(NextStep.ENDED, record)
    record = given_up(task.file, loss.stage, loss.reason, loss.message, task.crashes, fingerprint)
    if not is_last_crash(task.crashes):
        return Attribution(NextStep.AGAIN, record)
    return Attribution(
        NextStep.HEALTH_CHECK if loss.stage == Stage.PREDICT else NextStep.ENDED, record
    )


def task_loss(stage: Stage, limit_s: float, error: RayError, *, is_late: bool) -> Loss:
    """Return the loss of a photo or scene that was alone in a task.

    A worker that does not react at its limit dies some time later: `is_late` says that it was so.
    Raises SharpBatchError where any other task would end in the same way.
    """
    if isinstance(error, RayTaskError):
        return live_loss(stage, error)
    known = known_loss(stage, error)
    if known is not None:
        return known
    if not isinstance(error, WorkerCrashedError):
        raise RunError(f"Ray cannot run {stage}: {error_text(error)}", _REPAIR)
    if is_late:
        return timeout_loss(LossKind.SOLE_TASK, stage, limit_s)
    return Loss(LossKind.SOLE_TASK, stage, message="the worker died")


def live_loss(stage: Stage, error: RayTaskError) -> Loss:
    """Return the loss of the photos of a call that raised: its process lives.

    Stages return errors of photos as results. Raises SharpBatchError where a stage says that it
    cannot go on, or fails outside of any photo, as where a package is missing.
    """
    known = known_loss(stage, error.cause)
    if known is not None:
        return known
    if isinstance(error.cause, SharpBatchError):
        raise error.cause
    address = _ADDRESS.search(str(error))
    raise RunError(
        f"{stage} does not work{f' on {address[1]}' if address else ''}: {error_text(error.cause)}",
        f"{_REPAIR} All machines of a cluster need the same packages: see 'sharp-batch doctor' "
        "there.",
    )


def known_loss(stage: Stage, error: BaseException) -> Loss | None:
    """Return the loss that an error names; None where a process died for an unknown reason."""
    if isinstance(error, _LOST):
        return Loss(LossKind.NODE, stage)
    if isinstance(error, ObjectStoreFullError) or is_out_of_memory(error):
        message = "the memory ran out, though no other photo was under way"
        return Loss(LossKind.MEMORY, stage, FailureReason.OUT_OF_MEMORY, message)
    return None


def timeout_loss(kind: LossKind, stage: Stage, limit_s: float) -> Loss:
    """Return the loss of photos that took too long."""
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

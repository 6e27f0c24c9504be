"""Fault attribution by the errors that Ray raises."""

from __future__ import annotations

import pytest
from ray.exceptions import (
    LocalRayletDiedError,
    ObjectLostError,
    ObjectStoreFullError,
    OutOfMemoryError,
    RayError,
    RaySystemError,
    RayTaskError,
    WorkerCrashedError,
)

from pipeline.cluster.fault_attribution import (
    FaultRules,
    Loss,
    LossKind,
    NextStep,
    attribute,
    live_loss,
    task_loss,
)
from pipeline.cluster.tasks import PhotoTask
from pipeline.work.crash_limit import MOST_CRASHES, MOST_MOVES
from schemas.errors import RunError, StoreError
from schemas.reasons import FailureReason
from tests.support.faulty_stages import photo

LIMIT_S = 1.0
RULES = FaultRules("f")


def item(crashes: int = 0) -> PhotoTask:
    return PhotoTask(photo("a.jpg"), crashes=crashes)


def raised(cause: Exception) -> RayTaskError:
    return RayTaskError("decode", "Traceback ...", cause, "worker", 1, "10.0.0.7")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (WorkerCrashedError(), LossKind.SOLE_TASK),
        (LocalRayletDiedError(), LossKind.NODE),
        (ObjectLostError("ab", "", ""), LossKind.NODE),
        (raised(ObjectLostError("ab", "", "")), LossKind.NODE),
        (OutOfMemoryError("killed"), LossKind.MEMORY),
        (raised(MemoryError()), LossKind.MEMORY),
        (raised(ObjectStoreFullError("full")), LossKind.MEMORY),
    ],
)
def test_a_loss_is_classified_by_its_error(error: RayError, kind: LossKind) -> None:
    loss = task_loss("decode", LIMIT_S, error, is_late=False)
    assert (loss.kind, loss.stage) == (kind, "decode")


def test_a_death_long_after_the_limit_is_a_timeout() -> None:
    loss = task_loss("encode", LIMIT_S, WorkerCrashedError(), is_late=True)
    assert loss == (LossKind.SOLE_TASK, "encode", FailureReason.TIMEOUT, "not finished after 1 s")


def test_errors_that_any_photo_would_meet_end_the_run() -> None:
    with pytest.raises(RunError, match="the library cannot be written"):
        live_loss("encode", raised(RunError("the library cannot be written")))
    with pytest.raises(RunError, match=r"decode does not work on 10\.0\.0\.7: .* no pillow_heif"):
        live_loss("decode", raised(ImportError("no pillow_heif")))
    story = (
        "System error: ...\nTraceback (most recent call last):\n  ...\nImportError: no pipeline\n"
    )
    with pytest.raises(RunError, match=r"decode does not work on 10\.0\.0\.7: ImportError: no pip"):
        live_loss("decode", raised(RaySystemError(story)))
    with pytest.raises(StoreError, match="damaged"):
        live_loss("decode", raised(StoreError("damaged")))


def test_crashes_of_a_photo_alone_count_until_it_is_given_up() -> None:
    poison = item()
    loss = Loss(LossKind.SOLE_TASK, "decode", message="the worker died")
    attributions = [attribute(poison, loss, RULES) for _ in range(MOST_CRASHES)]
    assert [attribution.next for attribution in attributions] == [
        NextStep.AGAIN,
        NextStep.AGAIN,
        NextStep.ENDED,
    ]
    assert [bool(v.record and v.record.is_final) for v in attributions] == [False, False, True]


def test_a_photo_that_crashes_predictors_is_given_up_after_a_health_check() -> None:
    attribution = attribute(item(MOST_CRASHES - 1), Loss(LossKind.SOLE_TASK, "predict"), RULES)
    assert attribution.next is NextStep.HEALTH_CHECK
    assert attribution.record is not None
    assert attribution.record.model_fingerprint == "f"


def test_a_crash_in_company_makes_suspects_and_counts_against_none() -> None:
    suspect = item()
    assert attribute(suspect, Loss(LossKind.SHARED_WORKER, "predict"), RULES) == (
        NextStep.SUSPECT,
        None,
    )
    assert suspect.is_suspect
    assert suspect.crashes == 0


def test_out_of_memory_counts_only_after_a_photo_had_the_whole_cluster() -> None:
    large = item()
    loss = Loss(LossKind.MEMORY, "decode", FailureReason.OUT_OF_MEMORY, "the memory ran out")
    assert attribute(large, loss, RULES) == (NextStep.RETRY_LAST, None)
    attribution = attribute(large, loss, RULES)
    assert attribution.next is NextStep.AGAIN
    assert attribution.record is not None
    assert attribution.record.reason is FailureReason.OUT_OF_MEMORY


def test_lost_nodes_count_against_no_photo_up_to_a_limit() -> None:
    moved = item()
    attributions = [
        attribute(moved, Loss(LossKind.NODE, "encode"), RULES) for _ in range(MOST_MOVES + 1)
    ]
    assert [attribution.next for attribution in attributions] == [NextStep.AGAIN] * MOST_MOVES + [
        NextStep.ENDED
    ]
    assert moved.crashes == 0

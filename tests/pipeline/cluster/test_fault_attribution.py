"""Where a photo goes whose work was lost, by the errors that Ray gives."""

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
from schemas.errors import FailureReason, RunError, StoreError
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
        (WorkerCrashedError(), LossKind.ALONE),
        (LocalRayletDiedError(), LossKind.NODE),
        (ObjectLostError("ab", "", ""), LossKind.NODE),
        (raised(ObjectLostError("ab", "", "")), LossKind.NODE),
        (OutOfMemoryError("killed"), LossKind.MEMORY),
        (raised(MemoryError()), LossKind.MEMORY),
        (raised(ObjectStoreFullError("full")), LossKind.MEMORY),
    ],
)
def test_what_befell_a_photo_is_told_from_the_error(error: RayError, kind: LossKind) -> None:
    loss = task_loss("decode", LIMIT_S, error, is_late=False)
    assert (loss.kind, loss.stage) == (kind, "decode")


def test_what_died_long_after_its_limit_took_too_long() -> None:
    loss = task_loss("encode", LIMIT_S, WorkerCrashedError(), is_late=True)
    assert loss == (LossKind.ALONE, "encode", FailureReason.TIMEOUT, "not finished after 1 s")


def test_what_would_befall_any_photo_ends_the_run() -> None:
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


def test_a_photo_alone_is_blamed_and_given_up_at_last() -> None:
    poison = item()
    loss = Loss(LossKind.ALONE, "decode", message="the worker died")
    attributions = [attribute(poison, loss, RULES) for _ in range(MOST_CRASHES)]
    assert [attribution.next for attribution in attributions] == [
        NextStep.AGAIN,
        NextStep.AGAIN,
        NextStep.ENDED,
    ]
    assert [bool(v.record and v.record.is_final) for v in attributions] == [False, False, True]


def test_a_photo_that_predictors_die_of_is_given_up_after_a_probe() -> None:
    attribution = attribute(item(MOST_CRASHES - 1), Loss(LossKind.ALONE, "predict"), RULES)
    assert attribution.next is NextStep.PROBED
    assert attribution.record is not None
    assert attribution.record.model_fingerprint == "f"


def test_company_is_a_suspicion_and_no_blame() -> None:
    suspect = item()
    assert attribute(suspect, Loss(LossKind.IN_COMPANY, "predict"), RULES) == (
        NextStep.SUSPECT,
        None,
    )
    assert suspect.is_suspect
    assert suspect.crashes == 0


def test_want_of_memory_counts_once_a_photo_had_all_of_it() -> None:
    large = item()
    loss = Loss(LossKind.MEMORY, "decode", FailureReason.OUT_OF_MEMORY, "the memory ran out")
    assert attribute(large, loss, RULES) == (NextStep.AT_END, None)
    attribution = attribute(large, loss, RULES)
    assert attribution.next is NextStep.AGAIN
    assert attribution.record is not None
    assert attribution.record.reason is FailureReason.OUT_OF_MEMORY


def test_lost_machines_blame_nobody_but_not_for_ever() -> None:
    moved = item()
    attributions = [
        attribute(moved, Loss(LossKind.NODE, "encode"), RULES) for _ in range(MOST_MOVES + 1)
    ]
    assert [attribution.next for attribution in attributions] == [NextStep.AGAIN] * MOST_MOVES + [
        NextStep.ENDED
    ]
    assert moved.crashes == 0

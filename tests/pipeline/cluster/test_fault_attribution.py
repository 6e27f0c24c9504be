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

from pipeline.cluster.fault_attribution import Loss, LossKind, Next, judge, live_loss, task_loss
from pipeline.cluster.item import Item
from pipeline.work.crash_limit import MOST_CRASHES, MOST_MOVES
from schemas.errors import FailureReason, RunError, StoreError
from tests.support.faulty_stages import photo

LIMIT_S = 1.0


def item(crashes: int = 0) -> Item:
    return Item(photo("a.jpg"), crashes=crashes)


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
    verdicts = [judge(poison, loss, "f") for _ in range(MOST_CRASHES)]
    assert [verdict.next for verdict in verdicts] == [Next.AGAIN, Next.AGAIN, Next.ENDED]
    assert [bool(v.record and v.record.is_final) for v in verdicts] == [False, False, True]


def test_a_photo_that_predictors_die_of_is_given_up_after_a_probe() -> None:
    verdict = judge(item(MOST_CRASHES - 1), Loss(LossKind.ALONE, "predict"), "f")
    assert verdict.next is Next.PROBED
    assert verdict.record is not None
    assert verdict.record.model_fingerprint == "f"


def test_company_is_a_suspicion_and_no_blame() -> None:
    suspect = item()
    assert judge(suspect, Loss(LossKind.IN_COMPANY, "predict"), "f") == (Next.SUSPECT, None)
    assert suspect.is_suspect
    assert suspect.crashes == 0


def test_want_of_memory_counts_once_a_photo_had_all_of_it() -> None:
    large = item()
    loss = Loss(LossKind.MEMORY, "decode", FailureReason.OUT_OF_MEMORY, "the memory ran out")
    assert judge(large, loss, "f") == (Next.AT_END, None)
    verdict = judge(large, loss, "f")
    assert verdict.next is Next.AGAIN
    assert verdict.record is not None
    assert verdict.record.reason is FailureReason.OUT_OF_MEMORY


def test_lost_machines_blame_nobody_but_not_for_ever() -> None:
    moved = item()
    verdicts = [judge(moved, Loss(LossKind.NODE, "encode"), "f") for _ in range(MOST_MOVES + 1)]
    assert [verdict.next for verdict in verdicts] == [Next.AGAIN] * MOST_MOVES + [Next.ENDED]
    assert moved.crashes == 0

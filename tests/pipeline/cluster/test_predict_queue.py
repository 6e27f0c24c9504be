"""Which predictor gets which photos, without a cluster: actors are plain objects here."""

from __future__ import annotations

from typing import Any

from pipeline.cluster.predict_queue import PredictQueue
from pipeline.cluster.predictor import PredictorActor
from pipeline.cluster.tasks import PhotoTask
from schemas.outcomes import Failed
from schemas.reasons import FailureReason
from tests.support.faulty_stages import photo

FAILURE = Failed(
    photo("poison"), "predict", FailureReason.WORKER_LOST, "the predictor died", "here"
)


class Call:
    """Stands for a method of an actor: every call gives new references."""

    count = 0

    def options(self, num_returns: int) -> Call:
        self.num_returns = num_returns
        return self

    def remote(self, *_: object) -> Any:
        Call.count += 1
        names = [f"{Call.count}.{index}" for index in range(getattr(self, "num_returns", 1))]
        return names if len(names) > 1 else names[0]


class Actor:
    def __init__(self) -> None:
        self.predict, self.health_check = Call(), Call()


class Living(PredictorActor):
    """A predictor that need not be asked whether it lives."""

    __slots__ = ()

    def is_alive(self) -> bool:
        return True


class Dead(PredictorActor):
    __slots__ = ()

    def is_alive(self) -> bool:
        return False


class Several:
    """Predictors that are ready."""

    def __init__(self, *ready: PredictorActor) -> None:
        self.ready = list(ready)
        self.replaced: list[PredictorActor] = []

    def replace_dead(self, predictor: PredictorActor) -> None:
        self.replaced.append(predictor)


def predictor(kind: type[PredictorActor] = Living) -> PredictorActor:
    return kind(Actor(), None, node="here")


def queue_of(*tasks: PhotoTask, batch_size: int = 2) -> PredictQueue:
    queue = PredictQueue(batch_size)
    for task in tasks:
        queue.add(task)
    return queue


def task(name: str, crashes: int = 0) -> PhotoTask:
    return PhotoTask(photo(name), crashes=crashes)


def given(predictor: PredictorActor) -> list[list[str]]:
    return [[task.file.path for task in call.tasks] for call in predictor.calls.values()]


def dispatch(queue: PredictQueue, *ready: PredictorActor, more_to_come: bool = False) -> Several:
    several = Several(*ready)
    queue.dispatch(several, more_to_come=more_to_come)  # type: ignore[arg-type]
    return several


def test_an_idle_predictor_gets_what_there_is_and_a_busy_one_a_full_batch() -> None:
    one = predictor()
    queue = queue_of(task("a"))
    dispatch(queue, one, more_to_come=True)
    assert given(one) == [["a"]]
    queue.add(task("b"))
    dispatch(queue, one, more_to_come=True)
    assert given(one) == [["a"]]  # the batch may grow
    queue.add(task("c"))
    dispatch(queue, one, more_to_come=True)
    assert given(one) == [["a"], ["b", "c"]]
    queue.add(task("d"))
    dispatch(queue, one)
    assert len(one.calls) == 2  # one runs, one waits
    assert len(queue) == 1


def test_a_suspect_is_alone_and_the_others_go_on_elsewhere() -> None:
    busy, other = predictor(), predictor()
    dispatch(queue_of(task("a")), busy)
    queue = queue_of(task("suspect", crashes=1), task("b"), task("c"))
    dispatch(queue, busy, other)
    assert given(other) == [["suspect"]]
    assert given(busy) == [["a"], ["b", "c"]]
    queue.add(task("d"))
    dispatch(queue, busy, other)
    assert given(other) == [["suspect"]]


def test_while_all_are_busy_one_is_left_to_fall_idle() -> None:
    one = predictor()
    dispatch(queue_of(task("a")), one)
    queue = queue_of(task("suspect", crashes=1), task("b"))
    dispatch(queue, one)
    assert given(one) == [["a"]]
    one.calls.clear()
    dispatch(queue, one)
    assert given(one) == [["suspect"]]


def test_a_suspect_goes_rather_to_a_predictor_that_it_has_not_crashed() -> None:
    suspect = task("suspect", crashes=1)
    crashed, other = predictor(), predictor()
    crashed.died_of.add(suspect.file.photo_id)
    dispatch(queue_of(suspect), crashed, other)
    assert (given(crashed), given(other)) == ([], [["suspect"]])


def test_a_dead_predictor_is_replaced_and_no_photo_is_at_fault() -> None:
    dead = predictor(Dead)
    queue = queue_of(task("suspect", crashes=1))
    several = dispatch(queue, dead)
    assert several.replaced == [dead]
    assert len(queue) == 1


def test_failures_wait_for_a_health_check() -> None:
    one = predictor()
    queue = queue_of(task("suspect", crashes=1))
    queue.hold_for_health_check(FAILURE)
    dispatch(queue, one)
    (call,) = one.calls.values()
    assert call.is_health_check
    assert not queue.is_empty
    queue.clear()
    assert not queue.is_empty  # a stop drops photos, not failures
    assert queue.confirm() == [FAILURE]
    assert queue.is_empty

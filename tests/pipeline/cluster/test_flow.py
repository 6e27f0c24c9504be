"""Faults of every kind in every stage, on a real Ray cluster."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.errors import RunError
from schemas.outcomes import Done, Failed, Outcome, Waiting, without_waiting
from schemas.records import PhotoFile
from tests.support.faulty_run import ends, flow, good, outcomes, tries
from tests.support.faulty_stages import Faults, FaultyPredict, photo


@pytest.fixture(scope="module")
def runner() -> Iterator[RayRunner]:
    with RayRunner(ClusterSettings(object_store_bytes=200_000_000)) as runner:
        yield runner


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    return Faults(tmp_path)


@pytest.mark.usefixtures("runner")
def test_a_local_ray_starts_only_the_daemons_it_needs() -> None:
    commands = " ".join(" ".join(child.cmdline()) for child in psutil.Process().children())
    assert "raylet" in commands
    for needless in ("dashboard.py", "monitor.py"):  # log_monitor.py, too
        assert needless not in commands


def test_each_fault_in_each_stage_affects_its_own_photo_only(
    runner: RayRunner, faults: Faults
) -> None:
    expected = {
        **dict.fromkeys(good(12), "done"),
        "decode-raise": "unsupported",
        "decode-segv-1": "done",
        "decode-hang-1": "done",
        "predict-leave-1": "done",
        "encode-raise": "unsupported",
        "encode-exit-1": "done",
        "encode-hang-1": "done",
    }
    found = outcomes(runner, flow(faults), [photo(name) for name in expected])
    assert ends(found) == expected
    assert not any(name.startswith("good") for name in tries(found))


def test_outcomes_can_be_recorded_before_more_photos_are_read(
    runner: RayRunner, faults: Faults
) -> None:
    latest: Outcome | Waiting = Waiting()
    read_after: list[bool] = []

    def photos() -> Iterator[PhotoFile]:
        for name in good(24):
            read_after.append(isinstance(latest, Waiting))
            yield photo(name)

    done = 0
    for latest in runner(flow(faults), photos(), Stop(), RunMonitor()):
        done += isinstance(latest, Done)
    assert done == len(read_after) == 24
    assert all(read_after)


def test_a_poison_photo_is_tried_three_times_and_does_not_count_against_its_batch(
    runner: RayRunner, faults: Faults
) -> None:
    names = ["good0", "predict-exit", "decode-kill", "encode-exit", "good1"]
    found = outcomes(runner, flow(faults, batch_size=5), list(map(photo, names)))
    lost = dict.fromkeys(["predict-exit", "decode-kill", "encode-exit"], "worker_lost")
    assert ends(found) == {**lost, "good0": "done", "good1": "done"}
    assert tries(found) == dict.fromkeys(lost, 2)
    # Three times alone, and before that in company.
    assert 3 <= faults.count("predict-exit") <= 5


def test_two_poison_photos_in_one_batch_are_both_found(runner: RayRunner, faults: Faults) -> None:
    files = [photo("predict-exit1", 2), photo("good"), photo("predict-exit2", 2)]
    found = outcomes(runner, flow(faults, batch_size=3), files)
    assert ends(found) == {
        "predict-exit1": "worker_lost",
        "predict-exit2": "worker_lost",
        "good": "done",
    }


@pytest.mark.parametrize("stage", ["decode", "predict", "encode"])
def test_a_photo_that_hangs_in_a_stage_is_a_timeout(
    runner: RayRunner, faults: Faults, stage: str
) -> None:
    # Two times it has hung before: once more is enough.
    found = outcomes(
        runner, flow(faults), [photo(f"{stage}-hang", crashes=2), *map(photo, good(3))]
    )
    assert ends(found) == {f"{stage}-hang": "timeout", **dict.fromkeys(good(3), "done")}


def test_a_photo_that_blocks_signals_is_a_timeout_too(runner: RayRunner, faults: Faults) -> None:
    files = [photo("decode-deaf", crashes=2), photo("encode-deaf", crashes=2), *map(photo, good(2))]
    found = outcomes(runner, flow(faults), files)
    deaf = dict.fromkeys(["decode-deaf", "encode-deaf"], "timeout")
    assert ends(found) == {**deaf, **dict.fromkeys(good(2), "done")}


def test_crashes_of_earlier_runs_count(runner: RayRunner, faults: Faults) -> None:
    found = outcomes(runner, flow(faults), [photo("predict-exit", crashes=2)])
    assert ends(found) == {"predict-exit": "worker_lost"}
    assert faults.count("predict-exit") == 1


def test_a_predictor_that_dies_at_every_photo_ends_the_run_and_counts_against_none(
    runner: RayRunner, faults: Faults
) -> None:
    (faults.folder / "broken").touch()
    found: list[Outcome] = []
    names = [f"predict-exit{index}" for index in range(3)]
    with pytest.raises(RunError, match="every photo"):
        found.extend(
            without_waiting(
                runner(flow(faults), (photo(name, 2) for name in names), Stop(), RunMonitor())
            )
        )
    assert ends(found) == {}


def test_a_predictor_that_fails_at_every_photo_ends_the_run_and_counts_against_none(
    runner: RayRunner, faults: Faults
) -> None:
    (faults.folder / "sick").touch()
    found: list[Outcome] = []
    with pytest.raises(RunError, match="sick"):
        found.extend(
            without_waiting(
                runner(flow(faults), iter([photo("predict-exit", 2)]), Stop(), RunMonitor())
            )
        )
    assert ends(found) == {}


def test_a_predictor_whose_gpu_takes_no_more_work_is_replaced(
    runner: RayRunner, faults: Faults
) -> None:
    names = ["good0", "predict-device1-1", "predict-device2", "good1"]
    found = outcomes(runner, flow(faults, batch_size=4), list(map(photo, names)))
    assert ends(found) == {**dict.fromkeys(names, "done"), "predict-device2": "worker_lost"}
    assert tries(found) == {"predict-device2": 2}
    last = next(o for o in found if isinstance(o, Failed) and o.is_final)
    assert last.message == "cuda:0 takes no more work, 3 times"


@pytest.mark.parametrize("stage", ["decode", "encode", "predict"])
def test_a_stage_that_cannot_work_on_a_machine_ends_the_run_with_the_cause(
    runner: RayRunner, faults: Faults, stage: str
) -> None:
    found: list[Outcome] = []
    files = iter([photo(f"{stage}-import"), *map(photo, good(3))])
    with pytest.raises(RunError, match=rf"{stage} does not work on .*: .*'pillow_heif'"):
        found.extend(without_waiting(runner(flow(faults), files, Stop(), RunMonitor())))
    assert not any(isinstance(outcome, Failed) for outcome in found)


def test_a_library_that_cannot_be_written_ends_the_run(runner: RayRunner, faults: Faults) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        outcomes(runner, flow(faults), [photo("encode-store"), *map(photo, good(3))])


def test_a_model_that_cannot_be_loaded_ends_the_run_with_the_cause(
    runner: RayRunner, faults: Faults
) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        outcomes(runner, flow(faults, setup_fault="setup-store"), [photo("good")])
    with pytest.raises(RunError, match="5 times while it loaded"):
        outcomes(runner, flow(faults, setup_fault="setup-exit"), [photo("good")])


def test_a_predictor_for_which_a_package_is_missing_ends_the_run_at_once(
    runner: RayRunner, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ModuleType("only_here")
    monkeypatch.setitem(sys.modules, here.__name__, here)
    here.Stage = type("Stage", (FaultyPredict,), {"__module__": here.__name__})  # type: ignore[attr-defined]
    incomplete = replace(flow(faults), predict=here.Stage(faults))
    said = r"could not be loaded: ModuleNotFoundError: No module named 'only_here'$"
    with pytest.raises(RunError, match=said):
        outcomes(runner, incomplete, [photo("good")])


def test_a_predictor_that_dies_while_loading_is_restarted(
    runner: RayRunner, faults: Faults
) -> None:
    found = outcomes(runner, flow(faults, setup_fault="setup-kill-2"), [photo("good")])
    assert ends(found) == {"good": "done"}


@pytest.mark.parametrize("count", [0, 1, 7])
def test_any_number_of_photos_completes(runner: RayRunner, faults: Faults, count: int) -> None:
    found = outcomes(runner, flow(faults, batch_size=3), [photo(name) for name in good(count)])
    assert ends(found) == dict.fromkeys(good(count), "done")


@pytest.mark.parametrize("stage", ["decode", "encode"])
def test_a_worker_that_waits_for_a_store_ends_with_the_run(
    runner: RayRunner, faults: Faults, stage: str
) -> None:
    def ask_once_begun() -> None:
        while not faults.count(f"{stage}-wait"):
            time.sleep(0.05)
        stop.ask()

    stop, started = Stop(), time.monotonic()
    asking = threading.Thread(target=ask_once_begun)
    asking.start()
    waiting = flow(faults, limit_s=600.0)
    events = runner(waiting, iter([photo(f"{stage}-wait")]), stop, RunMonitor())
    assert not list(without_waiting(events))
    asking.join()
    assert time.monotonic() - started < 60  # of the two minutes that it would wait


def test_a_stop_keeps_finished_photos_and_begins_no_more(runner: RayRunner, faults: Faults) -> None:
    stop = Stop()
    found = []
    for outcome in without_waiting(runner(flow(faults), map(photo, good(200)), stop, RunMonitor())):
        found.append(outcome)
        stop.ask()
    assert 1 <= len(ends(found)) < 100

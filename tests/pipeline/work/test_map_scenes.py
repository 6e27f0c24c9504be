"""Faults of every kind in a stage over stored scenes, in one process and on Ray."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.experimental.internal_kv import _internal_kv_list

from pipeline.cluster import map_scenes, running_tasks, stall, task_marks
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.work.map_scenes import InlineSceneRunner, SceneRunner
from pipeline.work.stop import Stop
from schemas.errors import RunError
from schemas.outcomes import Failed, without_waiting
from tests.support.faulty_stages import Faults, FaultySceneStage, scene_file
from tests.support.programs import answer_of


@pytest.fixture(scope="module")
def on_ray() -> Iterator[RayRunner]:
    with RayRunner(ClusterSettings(object_store_bytes=200_000_000)) as runner:
        yield runner


def ends(
    runner: SceneRunner, folder: Path, names: list[str], stop: Stop | None = None
) -> dict[str, str]:
    """Return how each scene ended; each ends once."""
    found = {}
    scenes = list(map(scene_file, names))
    events = runner.map_scenes(FaultySceneStage(Faults(folder)), scenes, stop or Stop())
    for outcome in without_waiting(events):
        assert outcome.file.path not in found
        found[outcome.file.path] = "made"
        if isinstance(outcome, Failed):
            assert outcome.stage == "scene"
            found[outcome.file.path] = outcome.reason
    return found


def test_a_scene_that_takes_too_long_fails_alone(tmp_path: Path) -> None:
    expected = {
        "good0": "made",
        "scene-hang": "timeout",
        "scene-raise": "unsupported",
        "good1": "made",
    }
    assert ends(InlineSceneRunner(), tmp_path, list(expected)) == expected


def test_on_ray_scenes_that_kill_or_block_their_worker_fail_alone(
    on_ray: RayRunner, tmp_path: Path
) -> None:
    tries = {
        "scene-deaf": ("timeout", 1),
        "scene-exit": ("worker_lost", 3),
        "scene-segv-1": ("made", 2),
        "scene-hang": ("timeout", 1),
        "scene-raise": ("unsupported", 1),
        "good": ("made", 0),
    }
    found = ends(on_ray, tmp_path, list(tries))
    assert {name: (end, Faults(tmp_path).count(name)) for name, end in found.items()} == tries
    assert not _internal_kv_list("", namespace="sharp-batch")  # nothing stays in the cluster


def test_an_error_of_no_scene_ends_the_run(on_ray: RayRunner, tmp_path: Path) -> None:
    for runner in (on_ray, InlineSceneRunner()):
        with pytest.raises(RunError, match="cannot be written"):
            ends(runner, tmp_path, ["scene-store"])


@pytest.mark.parametrize(
    ("name", "said"),
    [("scene-bug", r"KeyError: 'no such thing' \(faulty_stages\.py, line \d+\)"),
     ("scene-import", "ModuleNotFoundError: No module named")],
)  # fmt: skip
def test_an_error_that_any_scene_would_meet_ends_the_run_and_is_named(
    on_ray: RayRunner, tmp_path: Path, name: str, said: str
) -> None:
    for runner in (on_ray, InlineSceneRunner()):
        with pytest.raises(RunError, match=f"scene does not work on .*: {said}"):
            ends(runner, tmp_path, ["good", name])


def test_a_stage_that_workers_cannot_load_ends_the_run_and_is_named(on_ray: RayRunner) -> None:
    with pytest.raises(RunError, match=r"scene does not work on [^:]*: ModuleNotFoundError: No"):
        list(on_ray.map_scenes(LoadedHereAlone(Faults(Path())), [scene_file("good")], Stop()))


class LoadedHereAlone(FaultySceneStage):
    def __reduce__(self) -> tuple[Any, ...]:
        return __import__, ("of_one_machine",)


def test_waiting_for_cores_is_reported_and_counts_against_no_scene(
    on_ray: RayRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall, "PATIENCE_SECONDS", 3.0)
    monkeypatch.setattr(running_tasks, "GRACE_SECONDS", 1.0)  # less than it waits
    other = hold_the_cluster()
    log = logging.getLogger(map_scenes.__name__)
    told: list[str] = []

    def release(record: logging.LogRecord) -> bool:
        told.append(record.getMessage())
        monkeypatch.setattr(stall, "PATIENCE_SECONDS", 60.0)  # workers may start slowly
        ray.kill(other)
        return False

    log.addFilter(release)
    try:
        assert ends(on_ray, tmp_path, ["good", "scene-exit-1"]) == {
            "good": "made",
            "scene-exit-1": "made",
        }
    finally:
        log.removeFilter(release)
    assert len(told) == 1
    assert "No free resources for a scene for 3 s: one takes 1 CPUs, and 0 CPUs" in told[0]


def test_a_run_that_waits_for_cores_can_be_stopped(on_ray: RayRunner, tmp_path: Path) -> None:
    other = hold_the_cluster()
    started = time.monotonic()
    soon = datetime.now().astimezone() + timedelta(seconds=1.0)
    assert not ends(on_ray, tmp_path, ["good", "more"], Stop(soon))
    assert time.monotonic() - started < 10
    ray.kill(other)


def test_a_worker_that_waits_for_a_store_ends_with_the_run(
    on_ray: RayRunner, tmp_path: Path
) -> None:
    stop, started = Stop(), time.monotonic()
    asking = threading.Thread(target=ask_once_begun, args=(stop, Faults(tmp_path), "scene-wait"))
    asking.start()
    stage = FaultySceneStage(Faults(tmp_path), limit_s=600.0)
    assert not list(without_waiting(on_ray.map_scenes(stage, [scene_file("scene-wait")], stop)))
    asking.join()
    assert time.monotonic() - started < 60  # of the two minutes that it would wait
    assert not _internal_kv_list("", namespace="sharp-batch")


def ask_once_begun(stop: Stop, faults: Faults, name: str) -> None:
    while not faults.count(name):
        time.sleep(0.05)
    stop.ask()


def test_without_the_key_value_store_tasks_count_as_begun_when_sent(
    on_ray: RayRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_marks, "internal_kv", None)
    found = ends(on_ray, tmp_path, ["good", "scene-exit-1", "scene-deaf"])
    assert found == {"good": "made", "scene-exit-1": "made", "scene-deaf": "timeout"}


def hold_the_cluster() -> Any:
    other = Holder.options(num_cpus=ray.cluster_resources()["CPU"]).remote()  # type: ignore[attr-defined]
    ray.get(other.hold.remote())
    return other


@ray.remote
class Holder:
    def hold(self) -> None:
        pass


def test_a_scene_whose_node_dies_is_repeated_on_the_next_one(tmp_path: Path) -> None:
    assert answer_of("tests.support.scenes_cluster_run", tmp_path) == {
        "ends": {"scene-node-3": "made", "good0": "made", "good1": "made"},
        "deaths": 4,
    }

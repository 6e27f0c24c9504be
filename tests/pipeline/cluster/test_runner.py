"""A small machine, whose memory, one GPU and cores run short."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray
from ray._private.internal_api import memory_summary

from pipeline.cluster import stall
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.flow.flow import Flow
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.choices import Device
from schemas.errors import UsageError
from schemas.outcomes import Failed, without_waiting
from schemas.records import PhotoFile
from tests.support.faulty_run import ends, flow, good, outcomes, tries
from tests.support.faulty_stages import (
    Faults,
    FaultyDecode,
    FaultyEncode,
    FaultyPredict,
    FaultySceneStage,
    photo,
    scene_file,
)

UNHURRIED_S = 600.0  # for taking memory, which takes long on a busy machine
SPARE_BYTES = 4 << 30  # that may be taken from now on, until Ray kills a worker
STORE_BYTES = 600_000_000
MOST_PHOTOS = 3000
SCENES = 14  # of 66 MB: more than the object store holds


@pytest.fixture(scope="module")
def _machine() -> Iterator[None]:
    memory = psutil.virtual_memory()
    threshold = (memory.total - memory.available + SPARE_BYTES) / memory.total
    ray.init(
        address="local",
        num_cpus=2,
        num_gpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=STORE_BYTES,
        _system_config={
            "memory_usage_threshold": min(threshold, 1.0),
            "memory_monitor_refresh_ms": 100,
        },
    )
    yield
    ray.shutdown()


@pytest.fixture
def runner(_machine: None) -> RayRunner:
    """Return one that shares the GPU between two predictors."""
    return RayRunner(ClusterSettings(gpus_per_predictor=0.5))


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    return Faults(tmp_path)


def test_the_photo_that_takes_all_memory_is_found_though_ray_kills_others_too(
    runner: RayRunner, faults: Faults
) -> None:
    check_memory()
    # Once more is enough, and that is once while nothing else is under way.
    greedy = ["decode-memory", "predict-memory"]
    notices: list[str] = []
    files = [*map(photo, good(3)), *(photo(name, 2) for name in greedy), photo("encode-memory-1")]
    monitor = RunMonitor(notices.append)
    found = list(
        without_waiting(runner(flow(faults, limit_s=UNHURRIED_S), iter(files), Stop(), monitor))
    )
    assert ends(found) == {
        **dict.fromkeys(good(3), "done"),
        **dict.fromkeys(greedy, "out_of_memory"),
        "encode-memory-1": "done",
    }
    assert not tries(found)
    assert len(notices) == 1
    assert "Memory ran low" in notices[0]


def test_a_stored_scene_that_takes_all_memory_is_found_too(
    runner: RayRunner, faults: Faults
) -> None:
    check_memory()
    scenes = [scene_file(name) for name in ("scene-memory", *good(2))]
    stage = FaultySceneStage(faults, limit_s=UNHURRIED_S)
    found = list(without_waiting(runner.map_scenes(stage, scenes, Stop())))
    failures = {made.file.path: made.reason for made in found if isinstance(made, Failed)}
    assert len(found) == 3
    assert failures == {"scene-memory": "out_of_memory"}
    assert faults.count("scene-memory") == 4  # three times alone


def check_memory() -> None:
    if psutil.virtual_memory().available < 2 * SPARE_BYTES:
        pytest.skip("the memory monitor of Ray needs 8 GB of free memory to be tested")


def test_two_predictors_share_a_gpu_and_survive_each_others_crashes(
    runner: RayRunner, faults: Faults
) -> None:
    monitor = RunMonitor()
    names = [*good(6), "predict-exit", "predict-leave-1"]

    def files() -> Iterator[PhotoFile]:
        """Yield more and more, until there are two predictors."""
        yield from (photo(name, crashes=2 * (name == "predict-exit")) for name in names)
        while monitor.now.predictors < 2 and len(names) < MOST_PHOTOS:
            time.sleep(0.02)
            names.append(f"more{len(names)}")
            yield photo(names[-1])

    found = list(without_waiting(runner(flow(faults), files(), Stop(), monitor)))
    assert ends(found) == {**dict.fromkeys(names, "done"), "predict-exit": "worker_lost"}
    assert len(names) < MOST_PHOTOS


def test_more_predictors_than_gpus_are_refused_with_the_numbers(
    runner: RayRunner, faults: Faults
) -> None:
    many = RayRunner(ClusterSettings(predictors=3, gpus_per_predictor=0.5))
    with pytest.raises(UsageError, match=r"want 1\.5 GPUs; there are 1 in the cluster"):
        outcomes(many, flow(faults), [photo("good")])


@pytest.mark.parametrize(
    ("taken", "said"),
    [({"num_cpus": 2}, "Nothing has come back"), ({"num_gpus": 1}, "No predictor has started")],
    ids=["cores", "the-one-device"],
)
def test_a_run_that_waits_for_what_others_hold_says_so_and_goes_on_when_it_is_free(
    runner: RayRunner,
    faults: Faults,
    monkeypatch: pytest.MonkeyPatch,
    taken: dict[str, int],
    said: str,
) -> None:
    monkeypatch.setattr(stall, "PATIENCE_SECONDS", 1.0)
    other = Holder.options(**taken).remote()  # type: ignore[attr-defined]
    ray.get(other.hold.remote())
    notices: list[str] = []

    def on_notice(text: str) -> None:
        notices.append(text)
        if said in text:
            ray.kill(other)

    found = list(
        without_waiting(runner(flow(faults), map(photo, good(3)), Stop(), RunMonitor(on_notice)))
    )
    assert ends(found) == dict.fromkeys(good(3), "done")
    assert any(said in text and "free" in text for text in notices)


@ray.remote
class Holder:
    def hold(self) -> None:
        pass


def test_where_encoding_is_slow_nothing_is_spilled_and_the_driver_stays_small(
    _machine: None, faults: Faults
) -> None:
    slow = Flow(
        FaultyDecode(faults, 60.0, side=3464),  # type: ignore[arg-type]  # 36 MB of pixels
        FaultyPredict(faults, 60.0, gaussians=1_179_648),  # type: ignore[arg-type]  # 66 MB
        FaultyEncode(faults, 60.0, seconds=0.4),  # type: ignore[arg-type]
        2,
    )
    on_cpu = RayRunner(ClusterSettings(device=Device.CPU, object_store_bytes=STORE_BYTES))
    process = psutil.Process()
    sizes = []
    for outcome in without_waiting(on_cpu(slow, map(photo, good(SCENES)), Stop(), RunMonitor())):
        assert ends([outcome])
        sizes.append(process.memory_info().rss)
    assert len(sizes) == SCENES
    assert max(sizes) - sizes[0] < 66_000_000  # less than one scene
    address = ray.get_runtime_context().gcs_address
    assert "Spilled" not in memory_summary(address, stats_only=True)

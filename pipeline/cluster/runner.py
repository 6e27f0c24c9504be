"""Ray for a run: a cluster that is joined, or one of our own on this machine, and what it offers.

Only this file and those beside it whose names begin with `ray_` import ray.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import ray
import ray._private.worker as ray_worker
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.cluster.flow import FlowOnRay
from pipeline.cluster.local import LocalRay
from pipeline.cluster.map_scenes import map_scenes_on_ray
from pipeline.cluster.predictors import Resources
from pipeline.cluster.runtime_env import package_folders
from pipeline.flow.flow import Flow
from pipeline.store.retry import wait_no_more
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store
from pipeline.work.map_scenes import SceneStage, TaskT
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.errors import PhotoError, RunError, SharpBatchError, UsageError
from schemas.records import Failed, Made, Outcome, PhotoFile
from schemas.settings import Device

_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 60.0
_JOIN_SECONDS = 60.0  # a cluster that has just been started, or is busy, fails the first connection
_CLIENT_SCHEME = "ray://"


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """Where Ray runs and what a predictor takes of it. None is what suits the cluster."""

    address: str | None = None  # of a running cluster; None starts one on this machine
    device: Device = Device.AUTO
    gpus_per_predictor: float = 1.0  # where predictors use GPUs
    predictors: int | None = None
    object_store_bytes: int = 2 << 30  # of a cluster of our own


class RayRunner:
    """Runs flows on one Ray cluster. A context manager: leaving it ends an own cluster."""

    def __init__(self, settings: ClusterSettings) -> None:
        self._settings = settings
        self._local = LocalRay()

    def __enter__(self) -> RayRunner:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")
        # Ray prints each worker's death on stdout, where results go, whatever it is told.
        ray_worker._worker_logs_enabled = False
        address = self._settings.address or os.environ.get("RAY_ADDRESS")
        if address == "local":
            address = None
        if address is not None:
            _check_answers(address)
        on_terminate = signal.getsignal(signal.SIGTERM)
        try:
            if address is None:
                self._local.start(self._settings.object_store_bytes)
            else:
                _join(address)
        except (OSError, RuntimeError, ValueError, RayError, SystemExit) as error:
            self._local.end()
            raise RunError(
                f"no Ray cluster could be reached at {address or 'this machine'}: {error}",
                "Give --address of a running cluster, --submit to run as a job on it, or --inline "
                "to work without Ray.",
            ) from error
        if threading.current_thread() is threading.main_thread():
            # Ray takes SIGTERM to end the driver at once; how a run ends is its owner's matter.
            signal.signal(signal.SIGTERM, on_terminate)
        return self

    def __exit__(self, *_: object) -> None:
        self._local.end()

    def map_scenes(
        self, stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop
    ) -> Iterator[Made | Failed]:
        """Carry stored scenes through one stage."""
        return map_scenes_on_ray(stage, scenes, stop)

    def __call__(
        self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
    ) -> Iterator[Outcome]:
        """Carry `photos` through `flow`.

        Raises RunError where no predictor can be started, UsageError where a GPU is asked for
        that the cluster does not have.
        """
        before: Resources | None = None
        asked: set[str] = set()  # nodes

        def look() -> Resources:
            nonlocal before
            resources = resources_of(self._settings)
            nodes = live_nodes()
            is_elsewhere = len(nodes) > 1 or ray.util.client.ray.is_connected()
            if is_elsewhere and flow.library is not None:
                try:
                    check_is_shared(flow.library, nodes.keys() - asked)
                except (RayError, PhotoError) as error:
                    if before is None:
                        raise RunError(
                            f"the machines of the cluster cannot be asked: {error}"
                        ) from error
                    return before  # one has gone meanwhile, say: the next look asks again
                asked.update(nodes)
            before = resources
            return resources

        return FlowOnRay(flow, photos, stop, monitor, look).outcomes()


def live_nodes() -> dict[str, str]:
    """Return the machines of the cluster that are there: the names of hosts by nodes' ids."""
    return {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}


def check_is_shared(library: LibraryRoot, node_ids: Collection[str]) -> None:
    """Raise RunError if one of these nodes does not see what this machine writes there.

    Raises RayError where one does not answer, PhotoError where there is no room to write.
    """
    if not node_ids:
        return
    store = Store(library)
    with store.probe() as probe:
        looks = [
            _look_task.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False)
            ).remote(store, probe)
            for node_id in node_ids
        ]
        answers = ray.get(looks, timeout=_LOOK_SECONDS)
    hosts = live_nodes()
    troubles = {
        hosts.get(node_id, node_id): trouble
        for node_id, trouble in zip(node_ids, answers, strict=True)
        if trouble is not None
    }
    if troubles:
        said = "; ".join(sorted(set(troubles.values())))
        raise RunError(
            f"{library} is not the same library on {', '.join(sorted(troubles))}: {said}",
            "The library has to be on storage that all machines of the cluster share, and each "
            "needs the packages and the rights to use it.",
        )


def _look(store: Store, probe: str) -> str | None:
    """Return what is wrong with the library on this machine, if anything is."""
    wait_no_more()  # for one that does not answer here: nobody waits so long for this
    try:
        return None if store.exists(probe) else "what was written there is not seen"
    except SharpBatchError as error:
        return error.message


_look_task = ray.remote(num_cpus=0, max_retries=1)(_look)


def resources_of(settings: ClusterSettings) -> Resources:
    """Return what a run takes of the cluster that this process is connected to.

    Raises UsageError if `settings` want more than there is.
    """
    there = ray.cluster_resources()
    nodes = max(1, len(live_nodes()))
    gpus = float(there.get("GPU", 0.0))
    on_gpus = settings.device is Device.CUDA or (settings.device is Device.AUTO and gpus > 0)
    share = settings.gpus_per_predictor if on_gpus else 0.0
    if on_gpus and gpus < max(share, share * (settings.predictors or 1)):
        raise UsageError(
            f"the predictors want {share * (settings.predictors or 1):g} GPUs; "
            f"there are {gpus:g} in the cluster",
            "Lower --predictors or --gpus-per-predictor, or use --device cpu.",
        )
    fitting = int(gpus / share + 1e-6) if on_gpus else nodes
    return Resources(
        predictors=settings.predictors or max(1, fitting),
        gpus_per_predictor=share,
        cores=max(1, int(there.get("CPU", 1))),
        nodes=nodes,
        object_store_bytes=int(there.get("object_store_memory", settings.object_store_bytes)),
    )


def _join(address: str) -> None:
    """Connect to a running cluster; through ray:// from a machine that is no part of it."""
    options: dict[str, object] = {}
    if address.startswith(_CLIENT_SCHEME):
        options["runtime_env"] = {"py_modules": package_folders()}
    deadline = time.monotonic() + _JOIN_SECONDS
    while True:
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **options)
        except ConnectionError:  # of a cluster that has only just been started
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)
        else:
            return


def _check_answers(address: str) -> None:
    """Raise RunError at once if nothing listens at host:port; Ray itself would wait for minutes."""
    host, _, port = address.removeprefix(_CLIENT_SCHEME).rpartition(":")
    if not port.isdigit():
        return  # 'auto', or a name that Ray knows
    try:
        socket.create_connection((host, int(port)), _ANSWER_SECONDS).close()
    except OSError as error:
        raise RunError(
            f"no Ray cluster answers at {address}: {error.strerror or error}",
            "Start it, name another with --address, or unset RAY_ADDRESS to work on this machine.",
        ) from error

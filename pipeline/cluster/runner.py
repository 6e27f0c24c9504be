"""Ray for a run: a cluster that is joined, or one of our own on this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import ray
from ray.exceptions import RayError

from pipeline.cluster import ray_internals
from pipeline.cluster.fault_attribution import first_line
from pipeline.cluster.flow import FlowOnRay
from pipeline.cluster.local import LocalRay, check_ray_lives
from pipeline.cluster.map_scenes import map_scenes_on_ray
from pipeline.cluster.resources import ClusterResources, ClusterSettings
from pipeline.cluster.runtime_env import package_folders
from pipeline.flow.flow import Flow
from pipeline.work.map_scenes import SceneStage, TaskT
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.errors import RESUME_HINT, RunError
from schemas.outcomes import Failed, Made, Outcome, Waiting
from schemas.records import PhotoFile

__all__ = ["ClusterSettings", "RayRunner"]

_ANSWER_SECONDS = 5.0
_JOIN_SECONDS = 60.0  # a cluster that has just been started, or is busy, fails the first connection
_CLIENT_SCHEME = "ray://"


class RayRunner:
    """Runs flows on one Ray cluster. A context manager: leaving it ends an own cluster."""

    def __init__(self, settings: ClusterSettings) -> None:
        self._settings = settings
        self._local = LocalRay()

    def __enter__(self) -> RayRunner:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")
        ray_internals.silence_deaths()
        address = self._settings.address or os.environ.get("RAY_ADDRESS")
        if address == "local":
            address = None
        if address is not None:
            _check_answers(address)
        on_terminate = signal.getsignal(signal.SIGTERM)
        try:
            if address is None:
                self._local.start(
                    self._settings.object_store_bytes, self._settings.worker_variables
                )
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
    ) -> Iterator[Made | Failed | Waiting]:
        """Carry stored scenes through one stage. Raises RunError."""
        with _known_cluster_errors():
            yield from map_scenes_on_ray(stage, scenes, stop)

    def __call__(
        self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
    ) -> Iterator[Outcome | Waiting]:
        """Carry `photos` through `flow`.

        Raises RunError where no predictor can be started, UsageError where a GPU is asked for
        that the cluster does not have.
        """
        with _known_cluster_errors():
            resources = ClusterResources(self._settings, flow.library)
            yield from FlowOnRay(flow, photos, stop, monitor, resources).outcomes()


@contextlib.contextmanager
def _known_cluster_errors() -> Iterator[None]:
    """Turn what Ray raises when a cluster no longer answers into an error for people."""
    check_ray_lives()
    try:
        yield
    except (RayError, ConnectionError) as error:
        check_ray_lives()
        raise RunError(
            f"the Ray cluster no longer answers: {first_line(error)}",
            f"What is done is kept. See how the cluster is ('ray status'). {RESUME_HINT}",
        ) from error


def _join(address: str) -> None:
    """Connect to a running cluster; through ray:// from a machine that is no part of it."""
    options: dict[str, object] = {}
    if address.startswith(_CLIENT_SCHEME):
        options["runtime_env"] = {"py_modules": package_folders()}
    deadline = time.monotonic() + _JOIN_SECONDS
    while True:
        try:
            with ray_internals.one_attempt_to_connect():
                ray.init(
                    address=address, log_to_driver=False, logging_level=logging.ERROR, **options
                )
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

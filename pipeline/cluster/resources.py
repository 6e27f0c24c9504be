"""What a run uses of a cluster: its machines, cores, GPUs and object store, which come and go."""

from __future__ import annotations

import time
from dataclasses import dataclass

import ray
from ray.exceptions import RayError

from pipeline.cluster.head import Head
from pipeline.cluster.shared_library import check_is_shared
from pipeline.store.root import LibraryRoot
from schemas.choices import Device
from schemas.errors import PhotoError, RunError, UsageError

REFRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """Where Ray runs and what a predictor takes of it. None is what suits the cluster."""

    address: str | None = None  # of a running cluster; None starts one on this machine
    device: Device = Device.AUTO
    gpus_per_predictor: float = 1.0  # where predictors use GPUs
    predictors: int | None = None
    object_store_bytes: int = 2 << 30  # of a cluster of our own
    worker_variables: bool = False  # tasks have environment variables of their own, as in training


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run uses of a cluster."""

    predictors: int
    gpus_per_predictor: float
    cores: int
    nodes: int
    object_store_bytes: int


def resources_of(settings: ClusterSettings) -> Resources:
    """Return what a run uses of the cluster that this process is connected to.

    Raises UsageError if `settings` want more than there is.
    """
    total = ray.cluster_resources()
    nodes = max(1, len(live_nodes()))
    gpus = float(total.get("GPU", 0.0))
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
        cores=max(1, int(total.get("CPU", 1))),
        nodes=nodes,
        object_store_bytes=int(total.get("object_store_memory", settings.object_store_bytes)),
    )


def live_nodes() -> dict[str, str]:
    """Return the machines of the cluster that are there: the names of hosts by nodes' ids."""
    return {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}


class ClusterResources:
    """The resources of one run, asked for again every `REFRESH_SECONDS`."""

    def __init__(self, settings: ClusterSettings, library: LibraryRoot | None) -> None:
        """Ask for the first time.

        Raises UsageError where a GPU is asked for that the cluster does not have, RunError where a
        machine does not see `library`.
        """
        self.head = Head()
        self._settings = settings
        self._library = library
        self._checked: set[str] = set()  # nodes that see the library
        try:
            self.current = self._ask()
        except (RayError, PhotoError) as error:
            raise RunError(f"the machines of the cluster cannot be asked: {error}") from error
        self._asked = time.monotonic()

    def refresh(self) -> Resources | None:
        """Return the resources if they may have changed.

        Raises RunError as at the first time, and where the head does not answer any more.
        """
        if time.monotonic() - self._asked < REFRESH_SECONDS or not self.head.is_reachable():
            return None
        self._asked = time.monotonic()
        try:
            found = self._ask()
        except UsageError:  # less than was asked for: what is lost may come back
            return None
        except (RayError, PhotoError):  # a machine has just left, for example: ask again later
            return None
        if found.gpus_per_predictor != self.current.gpus_per_predictor:
            return None
        self.current = found
        return found

    def _ask(self) -> Resources:
        resources = resources_of(self._settings)
        nodes = live_nodes()
        is_elsewhere = len(nodes) > 1 or ray.util.client.ray.is_connected()
        if is_elsewhere and self._library is not None:
            new = nodes.keys() - self._checked
            check_is_shared(self._library, {node_id: nodes[node_id] for node_id in new})
            self._checked.update(nodes)
        return resources

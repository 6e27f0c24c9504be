"""A run on a simulated cluster of two GPU nodes: one is killed on the way, and another one joins.

As a program, since a process can be part of one cluster only:
python -m tests.support.cluster_run FOLDER.
Prints how each photo ended, as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ray.cluster_utils import Cluster

from pipeline.cluster import resources
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.outcomes import without_waiting
from schemas.records import PhotoFile
from tests.support.faulty_run import ends, flow
from tests.support.faulty_stages import Faults, photo

MOST_PHOTOS = 3000
QUICK_HEALTH_CHECKS = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 2,
}


def main() -> None:
    faults = Faults(Path(sys.argv[1]))
    head = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 100_000_000}
    cluster = Cluster(
        initialize_head=True,
        head_node_args={**head, "_system_config": QUICK_HEALTH_CHECKS, "include_dashboard": False},
    )
    gpu_node = {"num_cpus": 1, "num_gpus": 1, "object_store_memory": 100_000_000}
    nodes = [cluster.add_node(**gpu_node) for _ in range(2)]
    resources.REFRESH_SECONDS = 1.0
    monitor = RunMonitor()
    awaited = [2, 1, 2]  # loaded predictors: one a GPU, and none on the node without

    def photos() -> Iterator[PhotoFile]:
        """Yield more and more, until all has happened that is to happen."""
        for index in range(MOST_PHOTOS):
            if not awaited:
                return
            time.sleep(0.02)
            yield photo(f"good{index}")

    found = []
    with RayRunner(ClusterSettings(cluster.address)) as runner:
        events = runner(flow(faults, limit_s=60.0, seconds=0.1), photos(), Stop(), monitor)
        for outcome in without_waiting(events):
            found.append(outcome)
            if not awaited or monitor.now.predictors != awaited[0]:
                continue
            del awaited[0]
            if len(awaited) == 2:
                raylet = nodes[0].all_processes["raylet"][0].process
                os.kill(raylet.pid, signal.SIGKILL)
            elif len(awaited) == 1:
                cluster.add_node(**gpu_node)
    cluster.shutdown()
    print(json.dumps({"ends": ends(found), "awaited": awaited}))  # noqa: T201


if __name__ == "__main__":
    main()

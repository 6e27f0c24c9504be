"""A run on a simulated cluster of two GPU nodes, one of which is killed on the way.

As a program, since a process can be part of one cluster only: python -m tests.cluster_run FOLDER.
Prints how each photo ended, as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from ray.cluster_utils import Cluster

from pipeline.flow import Flow
from pipeline.run_ray import ClusterSettings, RayRunner
from pipeline.stop import Stop
from pipeline.watch import Watch
from schemas.records import Done, Failed
from tests.faulty_stages import Faults, FaultyDecode, FaultyEncode, FaultyPredict, photo

PHOTOS = 60
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
    nodes = [
        cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=100_000_000) for _ in range(2)
    ]
    flow = Flow(
        FaultyDecode(faults, limit_s=60.0),  # type: ignore[arg-type]
        FaultyPredict(faults, limit_s=60.0, seconds=0.1),  # type: ignore[arg-type]
        FaultyEncode(faults, limit_s=60.0),  # type: ignore[arg-type]
        2,
    )
    ends: dict[str, list[str]] = {}
    loaded = 0
    watch = Watch()
    with RayRunner(ClusterSettings(cluster.address)) as runner:
        photos = (photo(f"good{index}") for index in range(PHOTOS))
        for outcome in runner(flow, photos, Stop(), watch):
            if isinstance(outcome, Done):
                ends.setdefault(outcome.photo.file.path, []).append("done")
            elif isinstance(outcome, Failed) and outcome.is_final:
                ends.setdefault(outcome.file.path, []).append(outcome.reason)
            if loaded < 2 == watch.now.predictors:
                loaded = watch.now.predictors
                raylet = nodes[0].all_processes["raylet"][0].process
                os.kill(raylet.pid, signal.SIGKILL)
    cluster.shutdown()
    print(json.dumps({"ends": ends, "predictors": loaded}))  # noqa: T201


if __name__ == "__main__":
    main()

"""A run over stored scenes on a simulated cluster, of whose machines one scene kills three.

As a program, since a process can be part of one cluster only:
python -m tests.support.scenes_cluster_run FOLDER.
Prints how each scene ended, and how often the deadly one was begun, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ray.cluster_utils import Cluster

from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.work.stop import Stop
from schemas.outcomes import Failed, without_waiting
from tests.support.cluster_run import QUICK_HEALTH_CHECKS
from tests.support.faulty_stages import Faults, FaultySceneStage, scene_file

NAMES = ["scene-node-3", "good0", "good1"]


def main() -> None:
    faults = Faults(Path(sys.argv[1]))
    head = {"num_cpus": 0, "object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = Cluster(
        initialize_head=True, head_node_args={**head, "_system_config": QUICK_HEALTH_CHECKS}
    )
    for _ in range(4):
        cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
    with RayRunner(ClusterSettings(cluster.address)) as runner:
        stage = FaultySceneStage(faults, limit_s=60.0)
        found = list(without_waiting(runner.map_scenes(stage, [*map(scene_file, NAMES)], Stop())))
    cluster.shutdown()
    ends = {o.file.path: o.reason if isinstance(o, Failed) else "made" for o in found}
    print(json.dumps({"ends": ends, "deaths": faults.count(NAMES[0])}))  # noqa: T201


if __name__ == "__main__":
    main()

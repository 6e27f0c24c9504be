"""A run over stored scenes on a joined cluster whose head dies on the way.

As a program, since a process can be part of one cluster only:
python -m tests.support.lost_cluster_run FOLDER.
Prints what the run said, as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import psutil
from ray.cluster_utils import Cluster

from pipeline.cluster import head
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.work.stop import Stop
from schemas.errors import RunError
from tests.support.faulty_stages import Faults, FaultySceneStage, scene_file


def main() -> None:
    options = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=options)
    head.PATIENCE_SECONDS = 2.0
    stage = FaultySceneStage(Faults(Path(sys.argv[1])), limit_s=600.0)
    said = ""
    with RayRunner(ClusterSettings(cluster.address)) as runner:
        threading.Timer(3.0, kill_head).start()
        try:
            list(runner.map_scenes(stage, [scene_file("scene-hang")], Stop()))
        except RunError as error:
            said = error.message
    print(json.dumps({"said": said}), flush=True)  # noqa: T201


def kill_head() -> None:
    for child in psutil.Process().children():
        if child.name() == "gcs_server":
            child.kill()


if __name__ == "__main__":
    main()

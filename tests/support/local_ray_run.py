"""A Ray of a process's own, started as for a tested version of Ray or by public means.

As a program: python -m tests.support.local_ray_run FOLDER tested|public kill|DAEMON...
Prints what it saw as JSON; then it is killed, or it loses the named daemons and ends Ray.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import psutil

from pipeline.cluster import ray_internals
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.work.stop import Stop
from schemas.errors import RunError
from schemas.outcomes import Made
from tests.support.faulty_stages import Faults, FaultySceneStage, scene_file


def main() -> None:
    folder, start, *lost = sys.argv[1:]
    if start == "public":
        ray_internals.TESTED_VERSIONS = ()
    stage = FaultySceneStage(Faults(Path(folder)), limit_s=60.0)
    answer: dict[str, object] = {"pid": os.getpid()}
    with RayRunner(ClusterSettings(object_store_bytes=100_000_000)) as runner:
        found = list(runner.map_scenes(stage, [scene_file("good")], Stop()))
        answer["made"] = sum(isinstance(outcome, Made) for outcome in found)
        family = psutil.Process().children(recursive=True)
        daemons = {process.name(): process for process in family}
        answer["family"] = {process.pid: process.name() for process in family}
        answer["in_own_group"] = [p.name() for p in family if os.getpgid(p.pid) == os.getpgid(0)]
        if lost == ["kill"]:
            print(json.dumps(answer), flush=True)  # noqa: T201
            os.kill(os.getpid(), signal.SIGKILL)
        for name in lost:
            daemons[name].kill()
        psutil.wait_procs([daemons[name] for name in lost], 10)
        try:
            list(runner.map_scenes(stage, [scene_file("good")], Stop()))
        except RunError as error:
            answer["error"] = error.message
    answer["left"] = [process.name() for process in family if process.is_running()]
    print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

"""Runs on Ray: on this machine, on a joined cluster, or as a job. Only here is ray imported.

- start and end: `runner`, `local`, `public_head`, `daemon_sessions`, `ray_internals`, `head`,
  `submit`
- photos through all stages: `flow` with `admission`, `predict_queue`, `predictors`
- one stage over stored scenes: `map_scenes`
- for both: `tasks`, `running_tasks`, `task_marks`, `fault_attribution`

A new failure of Ray is classified in `fault_attribution`, from the error that Ray raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from pipeline.cluster.resources import ClusterSettings
    from pipeline.cluster.runner import RayRunner
    from pipeline.cluster.submit import SubmittedJob

__all__ = ["ClusterSettings", "RayRunner", "SubmittedJob"]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {"resources": "ClusterSettings", "runner": "RayRunner", "submit": "SubmittedJob"},
    )

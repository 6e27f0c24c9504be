"""What all work on photos and scenes shares: limits, failures, stop, progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from pipeline.work.map_scenes import InlineSceneRunner, SceneRunner, SceneStage
    from pipeline.work.monitor import RunMonitor, StageCounts
    from pipeline.work.stop import Stop

__all__ = ["InlineSceneRunner", "RunMonitor", "SceneRunner", "SceneStage", "StageCounts", "Stop"]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "map_scenes": "InlineSceneRunner SceneRunner SceneStage",
            "monitor": "RunMonitor StageCounts",
            "stop": "Stop",
        },
    )

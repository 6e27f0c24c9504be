"""One stage mapped over many stored scenes: previews, exports and conversions run on it.

Here are the stage, the runner and the runner in this process; `cluster.map_scenes` runs it on Ray.
"""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.work.failures import failed
from pipeline.work.stop import Stop
from pipeline.work.time_limit import time_limit
from schemas.errors import RESUME_HINT, OutOfTime, RunError, SharpBatchError
from schemas.outcomes import Failed, Made, Stage, Waiting
from schemas.records import PhotoFile


class SceneTask(Protocol):
    """What a stage takes: a stored scene, and what is to be made of it."""

    @property
    def photo(self) -> PhotoFile:
        """The photo that the scene was made of."""
        ...


TaskT = TypeVar("TaskT", bound=SceneTask)
_Taken_contra = TypeVar("_Taken_contra", bound=SceneTask, contravariant=True)


class SceneStage(Protocol[_Taken_contra]):
    """Makes something of one stored scene."""

    @property
    def name(self) -> Stage:
        """The stage under which its failures are recorded."""
        ...

    @property
    def cores(self) -> int:
        """How many cores a worker uses."""
        ...

    @property
    def gpus(self) -> float:
        """What share of a GPU a worker uses on a cluster that has some."""
        ...

    @property
    def limit_s(self) -> float:
        """How many seconds one scene may take."""
        ...

    def process(self, scene: _Taken_contra) -> Made | Failed:
        """Return what was made, or why not. Raises RunError where no scene is at fault."""
        ...


def process_in_time(stage: SceneStage[TaskT], scene: TaskT) -> Made | Failed:
    """Carry one scene through a stage; exceeding its time limit is its failure.

    Stages return errors of scenes as results. Raises SharpBatchError where one says that it cannot
    go on, or fails for a reason that would be the same for any scene.
    """
    try:
        with time_limit(stage.limit_s):
            return stage.process(scene)
    except OutOfTime as error:
        return failed(scene.photo, stage.name, error)
    except SharpBatchError:
        raise
    except Exception as error:
        raise RunError(
            f"{stage.name} does not work on {socket.gethostname()}: {_error_text(error)}",
            f"Repair that. {RESUME_HINT}",
        ) from error


def _error_text(error: Exception) -> str:
    """Return an error's type, message and source line, in one line."""
    said = str(error).partition("\n")[0]
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {said} ({Path(place.filename).name}, line {place.lineno})"


class SceneRunner(Protocol):
    """Carries scenes through a stage."""

    def map_scenes(
        self, stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop
    ) -> Iterator[Made | Failed | Waiting]:
        """Yield outcomes as they come, in any order, and `Waiting` before more are waited for."""
        ...


class InlineSceneRunner:
    """Carries scenes through a stage in this process, one after the other."""

    def map_scenes(
        self, stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop
    ) -> Iterator[Made | Failed | Waiting]:
        """Yield outcomes in order."""
        for scene in scenes:
            if stop.is_asked:
                return
            yield process_in_time(stage, scene)
            yield Waiting()

"""Groups of options that the commands share which work on many photos or scenes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.console.output import Output
from schemas.execution_settings import DeadlineSettings, RunnerSettings
from schemas.monitoring_settings import HookSettings, MetricsSettings

if TYPE_CHECKING:
    from jobs.runs.scene_run import RunnerMaker
    from pipeline.library import Library


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Who is told of what a run does."""

    hooks: HookSettings = field(default_factory=HookSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    def watching(self, library: Library, output: Output) -> contextlib.AbstractContextManager[None]:
        """Have the runs inside call the hooks and write their metrics. Raises UsageError."""
        from jobs.monitoring.watch import watching

        return watching(library, self.hooks, self.metrics, output)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where a run works, and when it ends by itself."""

    runner: RunnerSettings = field(default_factory=RunnerSettings)
    end: DeadlineSettings = field(default_factory=DeadlineSettings)

    def scene_runner(self) -> RunnerMaker:
        """Return how stored scenes are worked on."""
        from jobs.runs.scene_run import scene_runner

        return scene_runner(self.runner.inline, self.runner.address)

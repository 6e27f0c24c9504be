"""Calls hooks as runs begin and end, and as scenes are done or fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from jobs.console.output import json_text
from jobs.monitoring.hook_calls import HookCall, HookCalls
from jobs.monitoring.observers import RunObserver, WatchedRun
from schemas.monitoring_settings import HookSettings
from schemas.outcomes import Done, Failed, Made, Outcome, SceneScored
from schemas.path_text import path_text
from schemas.records import PhotoFile


class Hooks(RunObserver):
    """Calls what the settings name. What fails, or is left out, is a warning."""

    def __init__(self, settings: HookSettings, warn: Callable[[str], None]) -> None:
        self._settings = settings
        self._warn = warn
        self._run: WatchedRun | None = None
        self._calls: HookCalls | None = None  # of the run

    def begin(self, run: WatchedRun) -> None:
        """Tell that the run has begun."""
        self._run = run
        self._calls = HookCalls(self._settings.hook_timeout, self._warn)
        self._add(self._settings.run_hook, "run_started", {}, is_of_run=True)

    def outcome(self, outcome: Outcome) -> None:
        """Tell what became of a photo or a scene, if it is the end of it."""
        if self._settings.scene_hook is None:
            return
        match outcome:
            case Done():
                event, facts = "scene_done", self._facts_of_scene(outcome)
            case Made(scored=SceneScored() as scored):
                event = "scene_scored"
                facts = {**_facts_of_photo(outcome.file), "scene_id": scored.scene_id}
            case Made():
                event, facts = "files_made", self._facts_of_files(outcome)
            case Failed(is_final=True):
                event = "photo_failed"
                facts = {
                    **_facts_of_photo(outcome.file),
                    "stage": outcome.stage,
                    "reason": outcome.reason,
                    "message": outcome.message,
                }
            case _:
                return
        self._add(self._settings.scene_hook, event, facts)

    def end(self, report: Mapping[str, object]) -> None:
        """Tell that the run has ended, and wait until that is done or has taken too long."""
        self._add(self._settings.run_hook, "run_finished", {"report": dict(report)}, is_of_run=True)
        if self._calls is not None:
            self._calls.finish()
        self._run = self._calls = None

    def _facts_of_scene(self, done: Done) -> dict[str, object]:
        scene = done.scene
        return {
            **_facts_of_photo(done.photo.file),
            "scene_id": scene.scene_id,
            "model": scene.model,
            "gaussians": scene.gaussians,
            "splat": self._address(scene.splat.path),
            "bytes": scene.splat.bytes,
            "seconds": round(done.photo.seconds + scene.predict_seconds + scene.encode_seconds, 3),
        }

    def _facts_of_files(self, made: Made) -> dict[str, object]:
        files = [artifact.file.path for artifact in made.artifacts]
        if made.splat is not None:
            files.append(made.splat.file.path)
        addresses = [self._address(file) for file in files]
        return {**_facts_of_photo(made.file), "files": addresses, "bytes": made.bytes}

    def _address(self, path: str) -> str:
        """Return where a file is; those of exports have whole paths already."""
        assert self._run is not None
        if Path(path).is_absolute():
            return path_text(path)
        return path_text(self._run.library.store.address(path))

    def _add(
        self, target: str | None, event: str, facts: dict[str, object], *, is_of_run: bool = False
    ) -> None:
        if target is None or self._run is None or self._calls is None:
            return
        document = {
            "event": event,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "run_id": self._run.run_id,
            "command": self._run.command,
            "library": str(self._run.library),
            **facts,
        }
        self._calls.add(HookCall(target, json_text(document), is_of_run))


def _facts_of_photo(file: PhotoFile) -> dict[str, object]:
    return {"photo_id": file.photo_id, "path": path_text(file.path)}

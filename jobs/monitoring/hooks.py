"""Calls hooks as runs and scenes begin and end: in a thread of its own, beside the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from jobs.console.output import json_text
from jobs.monitoring.hook_call import call_hook
from jobs.monitoring.observers import RunObserver, WatchedRun
from pipeline.catalog.text import path_text
from schemas.errors import HookError
from schemas.monitoring_settings import HookSettings
from schemas.outcomes import Done, Failed, Made, Outcome, SceneScored
from schemas.records import PhotoFile

_MOST_WAITING = 1000  # calls; further ones of scenes are left out
_WARNINGS = 3  # of single calls; then only their number, at the end of the run


class _Call(NamedTuple):
    target: str
    document: str
    is_of_run: bool


class Hooks(RunObserver):
    """Calls what the settings name.

    Calls are made one after the other, each for at most the time limit. At the end of a run those
    of scenes that still wait may take that time once more, all of them together; then the run's own
    end is told. What fails, or is left out, is a warning.
    """

    def __init__(self, settings: HookSettings, warn: Callable[[str], None]) -> None:
        self._settings = settings
        self._warn = warn
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = self._failed = self._left_out = 0
        self._leave_out_at = float("inf")  # monotonic time
        self._thread: threading.Thread | None = None
        self._run: WatchedRun | None = None

    def begin(self, run: WatchedRun) -> None:
        """Start the thread, and tell that the run has begun."""
        self._run = run
        self._waiting = self._failed = self._left_out = 0
        self._leave_out_at = float("inf")
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
        self._thread.start()
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
        limit = self._settings.hook_timeout
        self._leave_out_at = time.monotonic() + limit
        self._add(self._settings.run_hook, "run_finished", {"report": dict(report)}, is_of_run=True)
        self._calls.put(None)
        if self._thread is not None:
            self._thread.join(3 * limit)  # one that is under way, those of scenes, the last one
        if self._failed > _WARNINGS:
            self._warn(f"{self._failed} calls of hooks have failed")
        if self._left_out:
            self._warn(f"{self._left_out} calls of the scene hook were left out: it is too slow")

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
        if target is None or self._run is None:
            return
        with self._lock:
            if self._waiting >= _MOST_WAITING and not is_of_run:
                self._left_out += 1
                return
            self._waiting += 1
        document = {
            "event": event,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "run_id": self._run.run_id,
            "command": self._run.command,
            "library": str(self._run.library),
            **facts,
        }
        self._calls.put(_Call(target, json_text(document), is_of_run))

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            with self._lock:
                self._waiting -= 1
            if not call.is_of_run and time.monotonic() > self._leave_out_at:
                self._left_out += 1
                continue
            try:
                call_hook(call.target, call.document, self._settings.hook_timeout)
            except HookError as error:
                self._failed += 1
                if self._failed <= _WARNINGS:
                    self._warn(f"a hook has failed: {error}")


def _facts_of_photo(file: PhotoFile) -> dict[str, object]:
    return {"photo_id": file.photo_id, "path": path_text(file.path)}

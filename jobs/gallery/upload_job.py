"""`Job`: one uploaded photo, its state and its files; and safe file names for uploads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from schemas.tables import utc_now

_UNSAFE = re.compile(r"[^\w .()+-]+")
_LONGEST_NAME = 80


class JobState(StrEnum):
    """The state of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class KeepState(StrEnum):
    """The state of adding the photo to the library."""

    NOT = "not"
    WAITING = "waiting"  # until another run no longer holds the library
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Job:
    """One uploaded photo whose scene is made."""

    job_id: str
    name: str  # of the uploaded file
    photo: Path
    model: str
    focal_35mm: float | None
    created_at: datetime = field(default_factory=utc_now)
    state: JobState = JobState.WAITING
    step: str | None = None
    error: str | None = None
    hint: str | None = None
    result: dict[str, Any] | None = None
    keep: KeepState = KeepState.NOT
    keep_error: str | None = None  # while it waits: who holds the library
    keep_tries: int = 0  # that found the library held by another run

    @property
    def folder(self) -> Path:
        """The folder of the job's files."""
        return self.photo.parent

    @property
    def is_over(self) -> bool:
        """Return whether the job is done, failed or cancelled."""
        return self.state not in (JobState.WAITING, JobState.RUNNING)

    def as_dict(self) -> dict[str, object]:
        """Return the job as JSON for the page."""
        return {
            "id": self.job_id,
            "name": self.name,
            "model": self.model,
            "state": self.state,
            "step": self.step,
            "error": self.error,
            "hint": self.hint,
            "keep": self.keep,
            "keep_error": self.keep_error,
            "scene_id": self.result["scene_id"] if self.result else None,
            "photo_id": self.result["photo_id"] if self.result else None,
        }


def upload_file_name(name: str) -> str:
    """Return a file name without folders, and without characters that file systems refuse."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    path = Path(plain or "photo")
    return f"{path.stem[:_LONGEST_NAME]}{path.suffix[:10]}"

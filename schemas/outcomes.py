"""How the work on one photo or one scene ends: each outcome says what the catalog is to record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import overload

from schemas.context import ContextUpdate
from schemas.quality import QualityFlag, SceneScore
from schemas.reasons import FailureReason, SkipReason
from schemas.records import (
    ArtifactRecord,
    DecodedPhoto,
    FocalLength,
    PhotoFile,
    PhotoMeta,
    SceneRecord,
    StoredFile,
)


class Stage(StrEnum):
    """What work a failure comes from."""

    SCAN = "scan"
    DECODE = "decode"
    PREDICT = "predict"
    ENCODE = "encode"
    PREVIEW = "preview"
    EXPORT = "export"
    SCORE = "score"
    CONVERT = "convert"
    EVALUATE = "evaluate"
    READ = "read"  # of the photo's file: temporary, and not the photo's fault
    RECORD = "record"  # in the catalog
    RUN = "run"  # its process died


# The way of a photo. A failure here is final: a later run does not try again.
PHOTO_STAGES = (Stage.DECODE, Stage.PREDICT, Stage.ENCODE)


@dataclass(frozen=True, slots=True)
class Done:
    """The photo became a scene."""

    photo: DecodedPhoto
    scene: SceneRecord
    artifacts: tuple[ArtifactRecord, ...] = ()
    preview_failure: Failed | None = None  # of the previews alone: the scene is stored


@dataclass(frozen=True, slots=True)
class NewSplat:
    """A scene that was stored again, in another format or quality, or with fewer Gaussians."""

    scene_id: str
    format: str
    quality: str | None
    file: StoredFile
    gaussians: int
    replaces: str  # path of the scene's file until then, which may be the same
    replaced_bytes: int = 0  # of that file


@dataclass(frozen=True, slots=True)
class SceneReduced:
    """A scene with fewer Gaussians than it had, and the PSNR of its views against the whole one."""

    gaussians: int
    gaussians_before: int
    eye_db: float  # from the photo's own camera
    aside_db: float  # from 5 cm to its left and right


@dataclass(frozen=True, slots=True)
class SceneScored:
    """The score of a scene that was stored without one."""

    scene_id: str
    photo_id: str
    score: SceneScore
    photo_flags: tuple[QualityFlag, ...] | None  # None where the photo's file is gone


@dataclass(frozen=True, slots=True)
class UnnamedFile:
    """A file that is safely on disk under a temporary name, and still has to be renamed."""

    partial: str  # absolute, as is the path
    path: str
    may_replace: bool  # what is there is an earlier version


@dataclass(frozen=True, slots=True)
class Made:
    """Something was made of the photo's scene."""

    file: PhotoFile
    artifacts: tuple[ArtifactRecord, ...]
    seconds: float
    splat: NewSplat | None = None  # where the scene itself was stored again
    unnamed: tuple[UnnamedFile, ...] = ()  # in the order of the artifacts
    scored: SceneScored | None = None  # where the scene got a score
    reduced: SceneReduced | None = None  # where Gaussians were merged
    notes: tuple[str, ...] = ()  # files that could not be made of this scene, and why
    provisional: int = 0  # files that stand in for the photo, whose own file is out of reach

    @property
    def bytes(self) -> int:
        """Bytes of the files that were made."""
        made = sum(artifact.file.bytes for artifact in self.artifacts)
        return made + (self.splat.file.bytes if self.splat is not None else 0)


@dataclass(frozen=True, slots=True)
class Skipped:
    """The photo was skipped on purpose: by its size, its projection, or what its metadata says."""

    file: PhotoFile
    reason: SkipReason
    message: str
    meta: PhotoMeta
    width: int | None = None  # None where the metadata said enough
    height: int | None = None
    focal: FocalLength | None = None  # where it tells what the photo is


@dataclass(frozen=True, slots=True)
class Failed:
    """The photo could not become a scene; `model_fingerprint` where the model took part.

    Where it is not final, a worker died or was too slow, and the photo is tried again.
    """

    file: PhotoFile
    stage: Stage
    reason: FailureReason
    message: str
    host: str
    meta: PhotoMeta | None = None
    model_fingerprint: str | None = None
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class UnderWay:
    """These photos are processed in the run's own process, which may die of them."""

    files: tuple[PhotoFile, ...]


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a photo and the files about it say, read before its pixels are, or read again."""

    file: PhotoFile
    meta: PhotoMeta
    focal: FocalLength | None  # None where the photo's size is not known
    context: ContextUpdate


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing more has come back yet: what a runner has given so far can be recorded."""


Outcome = Done | Made | Skipped | Failed | UnderWay


@overload
def without_waiting(events: Iterable[Made | Failed | Waiting]) -> Iterator[Made | Failed]: ...
@overload
def without_waiting(events: Iterable[Outcome | Waiting]) -> Iterator[Outcome]: ...
def without_waiting(events: Iterable[Outcome | Waiting]) -> Iterator[Outcome]:
    """Yield the outcomes among what a runner yields."""
    return (event for event in events if not isinstance(event, Waiting))

"""Stages that go wrong at chosen photos, in every way in which a worker can; else they are quick.

Nothing here imports torch, so that workers start quickly. Which photo does what is said by its
name, as `predict-exit` or `decode-hang-1`: the stage, the fault, and how often (always, where no
number is given).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.model import ResolvedModel
from pipeline.flow.pack_scene import PackedScene
from pipeline.scan.identify import photo_id_of
from pipeline.store.retry import call_with_retries, start_retrying
from pipeline.work.failures import failed
from pipeline.work.time_limit import time_limit
from schemas.errors import DeviceError, OutOfTime, PhotoError, RunError
from schemas.outcomes import Done, Failed, Made
from schemas.reasons import FailureReason
from schemas.records import (
    DecodedPhoto,
    FocalLength,
    FocalSource,
    MediaType,
    PhotoFile,
    PhotoMeta,
    ScaleSource,
    SceneFile,
    SceneRecord,
    StoredFile,
)
from schemas.settings import ModelSettings

MOST_MEMORY = 10 << 30
MEMORY_STEP = 256 << 20
NOWHERE = StoredFile("", 0, "")


def photo(name: str, crashes: int = 0) -> PhotoFile:
    return PhotoFile(photo_id_of(name.encode()), name, 1, 1, MediaType.JPEG, crashes)


@dataclass(frozen=True)
class Faults:
    """Strikes where a photo's name says so, and notes each time in a folder."""

    folder: Path

    def strike(self, stage: str, name: str) -> None:
        if not name.startswith(f"{stage}-"):
            return
        _, fault, *times = name.split("-")
        (self.folder / f"{name}@{uuid.uuid4().hex}").touch()
        if times and self.count(name) > int(times[0]):
            return
        match fault.rstrip("0123456789"):
            case "raise":
                raise PhotoError(FailureReason.UNSUPPORTED, "as its name says")
            case "exit":
                os._exit(1)
            case "leave":
                sys.exit(1)
            case "segv":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "node":  # kills its node: a worker's parent is the node's raylet
                os.kill(os.getppid(), signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)
            case "bug":
                raise KeyError("no such thing")
            case "hang":
                time.sleep(60)
            case "deaf":  # hangs with signals blocked
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
                time.sleep(60)
            case "memory":
                take_memory()
            case "device":
                raise DeviceError("cuda:0 takes no more work")
            case "import":
                raise ModuleNotFoundError("No module named 'pillow_heif'")
            case "store":
                raise RunError("the library cannot be written")
            case "wait":  # for a store that does not answer
                start_retrying()
                call_with_retries(refuse)

    def count(self, name: str) -> int:
        return len(list(self.folder.glob(f"{name}@*")))


def refuse() -> None:
    raise ConnectionError("no store answers")


def take_memory() -> None:
    """Take more and more until this process is killed."""
    taken = []
    for _ in range(MOST_MEMORY // MEMORY_STEP):
        taken.append(np.ones(MEMORY_STEP, dtype=np.uint8))
        time.sleep(0.02)
    raise AssertionError("nothing has killed this process")


@dataclass(frozen=True)
class FaultyDecode:
    faults: Faults
    limit_s: float = 2.0
    side: int = 16

    def process(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels] | Failed:
        try:
            with time_limit(self.limit_s):
                self.faults.strike("decode", file.path)
        except (PhotoError, OutOfTime) as error:
            return failed(file, "decode", error)
        focal = FocalLength(16.0, FocalSource.DEFAULT)
        decoded = DecodedPhoto(file, PhotoMeta(), focal, self.side, self.side, NOWHERE, 0.0)
        return decoded, np.zeros((self.side, self.side, 3), dtype=np.uint8)


@dataclass
class FaultyPredict:
    faults: Faults
    limit_s: float = 2.0
    setup_fault: str | None = None
    seconds: float = 0.0
    gaussians: int = 1

    @property
    def scene_bytes(self) -> int:
        return 56 * self.gaussians

    def setup(self, threads: int | None = None) -> None:
        if self.setup_fault is not None:
            self.faults.strike("setup", self.setup_fault)

    def uploading(
        self, photos: list[tuple[DecodedPhoto, Pixels]]
    ) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def process(
        self, photos: list[tuple[DecodedPhoto, Pixels]]
    ) -> list[tuple[PackedScene, float] | Failed]:
        for decoded, _ in photos:
            if decoded.file.path == "health-check":
                if (self.faults.folder / "broken").exists():
                    os._exit(1)
                if (self.faults.folder / "sick").exists():
                    return [failed(decoded.file, "predict", RuntimeError("sick"))]
            self.faults.strike("predict", decoded.file.path)
            time.sleep(self.seconds)
        floats = np.ones((self.gaussians, 14), dtype=np.float32)
        scene = PackedScene(floats, self.gaussians, 1.0, 1.0, 1.0, None, ScaleSource.MODEL)
        return [(scene, 0.0) for _ in photos]


@dataclass(frozen=True)
class FaultySceneStage:
    """Strikes at stored scenes."""

    faults: Faults
    limit_s: float = 1.0
    name: str = "scene"
    cores: int = 1
    gpus: float = 0.0

    def process(self, scene: SceneFile) -> Made | Failed:
        try:
            self.faults.strike("scene", scene.photo.path)
        except PhotoError as error:
            return failed(scene.photo, self.name, error)
        return Made(scene.photo, (), 0.0)


def scene_file(name: str) -> SceneFile:
    return SceneFile(name, photo(name), "", 16, 16, 16.0)


@dataclass(frozen=True)
class FaultyEncode:
    faults: Faults
    limit_s: float = 2.0
    seconds: float = 0.0
    model = ResolvedModel(ModelSettings("small"), "faulty-1")

    def process(self, decoded: DecodedPhoto, scene: PackedScene, seconds: float) -> Done | Failed:
        file = decoded.file
        try:
            with time_limit(self.limit_s):
                self.faults.strike("encode", file.path)
                time.sleep(self.seconds)
        except (PhotoError, OutOfTime) as error:
            return failed(file, "encode", error)
        record = SceneRecord(
            file.photo_id, file.photo_id, "small", "f", "ply", None, NOWHERE, scene.gaussians,
            1.0, 1.0, 1.0, None, scene.scale_source, seconds, 0.0,
        )  # fmt: skip
        return Done(decoded, record)

"""A flow on Ray, on this machine or a cluster. Only this file and `ray_each` import ray.

The driver keeps a window of its own over decode tasks, predictor actors and encode tasks, and
waits on small results only: pixels and Gaussians go from worker to worker through the object
store, within a budget of bytes, and never through the driver.

A crash blames nobody at first: the photos that were in flight go again, each alone on an otherwise
idle worker, and only a crash while alone counts against a photo.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

from pipeline.each import EachStage
from pipeline.flow import Flow
from pipeline.ray_each import each_on_ray
from pipeline.stages import DecodeStage, EncodeStage, Packed, Pixels, PredictStage
from pipeline.stop import Stop
from schemas.errors import FailureReason, RunError, SharpBatchError
from schemas.records import (
    DecodedPhoto,
    Done,
    Failed,
    KnownScene,
    Made,
    Outcome,
    PhotoFile,
    Skipped,
)
from sharp_core.gaussians import COLUMNS, Gaussians

Ref = Any  # a ray.ObjectRef; ray has no types of its own
_FOLDER_PREFIX = "sb-ray-"
_ANSWER_SECONDS = 5.0
_WAIT_SECONDS = 0.2  # how often the driver looks up, for Ctrl-C and for new photos
_CALLS_PER_PREDICTOR = 2  # one is worked on, one waits with its pixels at hand
_TRIES = 3  # crashes while alone before a photo is given up
_STARTS = 5  # failed starts of a predictor in a row before the run is given up
_INPUT_SHARE = 0.35  # of the object store: pixels; the rest is for Gaussians
_SCENE_BYTES = 2 * 768 * 768 * COLUMNS * 4


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """Where Ray runs and what a predictor takes of it."""

    address: str | None = None  # of a running cluster; None starts one on this machine
    gpus_per_predictor: float = 0.0
    predictors: int = 1
    object_store_bytes: int = 2 << 30


@dataclass(slots=True)
class _Item:
    """A photo on its way."""

    file: PhotoFile
    photo: DecodedPhoto | None = None
    pixels: Any = None  # a reference into the object store
    tries: int = 0
    is_suspect: bool = False

    @property
    def input_bytes(self) -> int:
        return 3 * self.photo.width * self.photo.height if self.photo else 0


@dataclass(slots=True, eq=False)
class _Predictor:
    """A predictor actor; `in_flight` maps the small result of a call to its photos."""

    actor: Any
    started: Any  # resolves once the model is loaded
    is_ready: bool = False
    in_flight: dict[Any, tuple[list[_Item], list[Any]]] = field(default_factory=dict)

    @property
    def runs_suspect(self) -> bool:
        return any(item.is_suspect for items, _ in self.in_flight.values() for item in items)


class RayRunner:
    """Runs flows on one Ray cluster. A context manager: leaving it ends an own cluster."""

    def __init__(self, settings: ClusterSettings) -> None:
        self._settings = settings
        self._folder: str | None = None

    def __enter__(self) -> RayRunner:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")
        address = self._settings.address or os.environ.get("RAY_ADDRESS")
        if address == "local":
            address = None
        if address is not None:
            _check_answers(address)
        on_terminate = signal.getsignal(signal.SIGTERM)
        try:
            if address is None:
                ray.init(
                    address="local",
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    object_store_memory=self._settings.object_store_bytes,
                    _temp_dir=self._make_folder(),
                )
            else:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, RuntimeError, ValueError, SystemExit) as error:
            self._remove_folder()
            raise RunError(
                f"no Ray cluster could be reached at {address or 'this machine'}: {error}",
                "Give --address of a running cluster, or use --inline to work without Ray.",
            ) from error
        if threading.current_thread() is threading.main_thread():
            # Ray takes SIGTERM to end the driver at once; how a run ends is its owner's matter.
            signal.signal(signal.SIGTERM, on_terminate)
        return self

    def __exit__(self, *_: object) -> None:
        ray.shutdown()
        self._remove_folder()

    def each(
        self, stage: EachStage, scenes: Sequence[KnownScene], stop: Stop
    ) -> Iterator[Made | Failed]:
        """Carry stored scenes through one stage."""
        return each_on_ray(stage, scenes, stop)

    def _make_folder(self) -> str:
        """Make Ray's folder for this process, and remove those of processes that died."""
        # Not where TMPDIR says: paths of sockets may have 107 bytes at most.
        base = "/tmp" if os.name == "posix" else tempfile.gettempdir()
        for old in Path(base).glob(f"{_FOLDER_PREFIX}*"):
            pid = old.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc").exists():
                shutil.rmtree(old, ignore_errors=True)
        self._folder = tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-", dir=base)
        return self._folder

    def _remove_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __call__(self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop) -> Iterator[Outcome]:
        """Carry `photos` through `flow`. Raises RunError where no predictor can be started."""
        return _Run(flow, photos, stop, self._settings).outcomes()


def _check_answers(address: str) -> None:
    """Raise RunError at once if nothing listens at host:port; Ray itself would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return  # 'auto', or a name that Ray knows
    try:
        socket.create_connection((host, int(port)), _ANSWER_SECONDS).close()
    except OSError as error:
        raise RunError(
            f"no Ray cluster answers at {address}: {error.strerror or error}",
            "Start it, name another with --address, or unset RAY_ADDRESS to work on this machine.",
        ) from error


class _Run:
    """One run's state: every photo in it is in exactly one of the collections below."""

    def __init__(
        self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, settings: ClusterSettings
    ) -> None:
        self._flow = flow
        self._photos = photos
        self._stop = stop
        self._settings = settings
        # Each stage goes into the object store once, not into every call.
        self._decode_stage = ray.put(flow.decode)
        self._encode_stage = ray.put(flow.encode)
        self._decoding: dict[Any, _Item] = {}
        self._ready: deque[_Item] = deque()
        self._suspects: deque[_Item] = deque()  # were in flight when a predictor died
        self._predictors: list[_Predictor] = []
        self._encoding: dict[Any, _Item] = {}
        self._is_fed = False  # the photos have come to their end
        self._failed_starts = 0
        self._cores = int(ray.cluster_resources().get("CPU", 1))
        self._input_budget = int(_INPUT_SHARE * settings.object_store_bytes)
        output_budget = settings.object_store_bytes - self._input_budget
        self._scenes_at_once = max(flow.batch_size, output_budget // _SCENE_BYTES)

    def outcomes(self) -> Iterator[Outcome]:
        try:
            while True:
                self._feed()
                self._dispatch()
                waiting = self._waiting()
                if not waiting:
                    return
                # Results are fetched by those who need them: fetch_local would bring the
                # arrays that belong to them to the driver.
                finished, _ = ray.wait(waiting, timeout=_WAIT_SECONDS, fetch_local=False)
                for ref in finished:
                    yield from self._finished(ref)
        finally:
            for predictor in self._predictors:
                ray.kill(predictor.actor)

    def _waiting(self) -> list[Any]:
        calls = [ref for predictor in self._predictors for ref in predictor.in_flight]
        work = [*self._decoding, *calls, *self._encoding]
        if not (work or self._ready or self._suspects):
            return []
        return [*work, *(p.started for p in self._predictors if not p.is_ready)]

    def _feed(self) -> None:
        if self._stop.is_asked:
            self._is_fed = True
            self._decoding.clear()
            self._ready.clear()
            self._suspects.clear()
        window = self._cores + 2 * self._flow.batch_size * self._settings.predictors
        while not self._is_fed and len(self._decoding) + len(self._ready) < window:
            if sum(item.input_bytes for item in self._held()) > self._input_budget:
                return
            file = next(self._photos, None)
            if file is None or self._stop.is_asked:
                self._is_fed = True
                return
            if not self._predictors:
                self._predictors = [self._spawn() for _ in range(self._settings.predictors)]
            self._start_decode(_Item(file))

    def _held(self) -> Iterator[_Item]:
        """Yield the photos whose pixels are in the object store."""
        yield from self._ready
        yield from self._suspects
        for predictor in self._predictors:
            for items, _ in predictor.in_flight.values():
                yield from items

    def _start_decode(self, item: _Item) -> None:
        header, item.pixels = _decode_task.remote(self._decode_stage, item.file)
        self._decoding[header] = item

    def _dispatch(self) -> None:
        for index, predictor in enumerate(self._predictors):
            if not predictor.is_ready:
                continue
            if self._suspects and index == 0:  # one predictor is enough to clear them
                if not predictor.in_flight and self._has_room(1):
                    self._predict(predictor, [self._suspects.popleft()])
                continue
            while self._ready and len(predictor.in_flight) < _CALLS_PER_PREDICTOR:
                is_full = len(self._ready) >= self._flow.batch_size
                if predictor.in_flight and not is_full:
                    break
                count = min(len(self._ready), self._flow.batch_size)
                if not self._has_room(count) or predictor.runs_suspect:
                    break
                self._predict(predictor, [self._ready.popleft() for _ in range(count)])

    def _has_room(self, scenes: int) -> bool:
        predicting = sum(len(items) for p in self._predictors for items, _ in p.in_flight.values())
        return predicting + len(self._encoding) + scenes <= self._scenes_at_once

    def _predict(self, predictor: _Predictor, items: list[_Item]) -> None:
        status, *scenes = predictor.actor.predict.options(num_returns=1 + len(items)).remote(
            [item.photo for item in items], *(item.pixels for item in items)
        )
        predictor.in_flight[status] = (items, scenes)

    def _finished(self, ref: Ref) -> Iterator[Outcome]:
        if ref in self._decoding:
            yield from self._decoded(ref, self._decoding.pop(ref))
        elif ref in self._encoding:
            yield from self._encoded(ref, self._encoding.pop(ref))
        for predictor in self._predictors:
            if ref in predictor.in_flight:
                yield from self._predicted(ref, predictor)
                return
            if ref == predictor.started and not predictor.is_ready:
                self._started(predictor)
                return

    def _decoded(self, ref: Ref, item: _Item) -> Iterator[Outcome]:
        try:
            photo = ray.get(ref)
        except RayError as error:
            yield from self._again(item, "decode", error)
            return
        if isinstance(photo, DecodedPhoto):
            item.photo = photo
            (self._suspects if item.is_suspect else self._ready).append(item)
        else:
            yield photo

    def _encoded(self, ref: Ref, item: _Item) -> Iterator[Outcome]:
        try:
            yield ray.get(ref)
        except RayError as error:
            yield from self._again(item, "encode", error)

    def _predicted(self, ref: Ref, predictor: _Predictor) -> Iterator[Outcome]:
        items, scenes = predictor.in_flight[ref]
        try:
            results = ray.get(ref)
        except RayTaskError as error:  # a lost input, or a fault of ours: again from the start
            del predictor.in_flight[ref]
            for item in items:
                yield from self._again(item, "predict", error)
            return
        except RayError as error:
            yield from self._lost(predictor, error)
            return
        del predictor.in_flight[ref]
        for item, scene, result in zip(items, scenes, results, strict=True):
            if isinstance(result, Failed):
                yield result
            else:
                item.pixels = None
                done = _encode_task.remote(self._encode_stage, item.photo, scene, result)
                self._encoding[done] = item

    def _lost(self, predictor: _Predictor, error: RayError) -> Iterator[Outcome]:
        """Replace a dead predictor; its photos go again, each alone."""
        calls = list(predictor.in_flight.values())
        is_alone = len(calls) == 1 and len(calls[0][0]) == 1
        self._replace(predictor)
        for items, _ in calls:
            for item in items:
                item.is_suspect = True
                if is_alone:
                    yield from self._again(item, "predict", error)
                else:
                    self._suspects.append(item)

    def _again(self, item: _Item, stage: str, error: RayError) -> Iterator[Outcome]:
        """Send a photo through once more from the start, or give it up.

        Raises RunError where the stage said that no photo is at fault.
        """
        if isinstance(error, RayTaskError) and isinstance(error.cause, RunError):
            raise error.cause
        item.tries += 1
        item.photo = item.pixels = None
        if item.tries < _TRIES:
            self._start_decode(item)
            return
        if isinstance(error, OutOfMemoryError):
            reason, message = FailureReason.OUT_OF_MEMORY, "the worker ran out of memory"
        else:
            reason, message = FailureReason.WORKER_LOST, "the worker died"
        yield Failed(
            item.file,
            stage,
            reason,
            f"{message}, {item.tries} times in a row",
            socket.gethostname(),
            model_fingerprint=None if stage == "decode" else self._flow.encode.model.fingerprint,
        )

    def _spawn(self) -> _Predictor:
        gpus = self._settings.gpus_per_predictor
        actor = _PredictorActor.options(num_gpus=gpus).remote(self._flow.predict, self._cores)
        return _Predictor(actor, actor.start.remote())

    def _replace(self, predictor: _Predictor) -> None:
        ray.kill(predictor.actor)
        self._predictors[self._predictors.index(predictor)] = self._spawn()

    def _started(self, predictor: _Predictor) -> None:
        try:
            ray.get(predictor.started)
        except RayTaskError as error:
            if isinstance(error.cause, SharpBatchError):
                raise error.cause from None
            raise RunError(f"the model could not be loaded: {error.cause}") from error
        except RayError as error:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                raise RunError(
                    f"the predictor died {_STARTS} times while it loaded its model: {error}",
                    "See 'sharp-batch doctor'; with too little memory, try --inline.",
                ) from error
            self._replace(predictor)
            return
        predictor.is_ready = True
        self._failed_starts = 0


def _decode(
    stage: DecodeStage, file: PhotoFile
) -> tuple[DecodedPhoto | Skipped | Failed, Pixels | None]:
    result = stage.process(file)
    return result if isinstance(result, tuple) else (result, None)


def _encode(
    stage: EncodeStage, photo: DecodedPhoto, scene: Packed, seconds: float
) -> Done | Failed:
    return stage.process(photo, Gaussians.from_array(scene), seconds)


class _PredictorWorker:
    """Holds a loaded model."""

    def __init__(self, stage: PredictStage, threads: int) -> None:
        self._stage = stage
        self._threads = threads
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        """Load the model: a call of its own, so that an error arrives as what it is."""
        import torch

        torch.set_num_threads(self._threads)  # Ray gives an actor without CPUs only one
        self._stage.setup()

    def predict(self, photos: list[DecodedPhoto], *pixels: Pixels) -> tuple[Any, ...]:
        """Return, first, the seconds or the failure of each photo; then each one's Gaussians."""
        with self._one_at_a_time:
            results = self._stage.process(list(zip(photos, pixels, strict=True)))
        statuses = [r if isinstance(r, Failed) else r[1] for r in results]
        return (statuses, *(None if isinstance(r, Failed) else r[0].to_array() for r in results))


# Ray itself retries nothing: it cannot know whose fault a crash is, and the run above does.
_decode_task = ray.remote(num_cpus=1, max_retries=0, num_returns=2)(_decode)
_encode_task = ray.remote(num_cpus=1, max_retries=0)(_encode)
# Two calls at once: while one batch is predicted, the next one's pixels are on their way.
_PredictorActor = ray.remote(
    num_cpus=0, max_restarts=0, max_task_retries=0, max_concurrency=_CALLS_PER_PREDICTOR
)(_PredictorWorker)

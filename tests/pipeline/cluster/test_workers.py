"""Workers import what they need, and copy the next batch to the GPU while they predict one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pipeline.cluster.workers import _PredictorWorker
from tests.support.waiting import PATIENCE_SECONDS


def test_workers_import_stages_only_when_they_arrive() -> None:
    program = "import sys, pipeline.cluster.workers; sys.exit('pipeline.decode' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    "module",
    [
        "cluster.workers",
        "flow.decode_stage",
        "flow.encode_stage",
        "flow.pack_scene",
        "work.failures",
    ],
)
def test_torch_is_not_imported(module: str) -> None:
    program = f"import sys, pipeline.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class OneAtATime:
    """A stage that tells whether the next batch was already on its way while it predicted one."""

    def __init__(self) -> None:
        self.running = 0
        self.started = [threading.Event(), threading.Event()]
        self.seen: list[bool] = []

    @contextmanager
    def uploading(self, photos: list[tuple[int, int]]) -> Iterator[None]:
        self.started[photos[0][0]].set()
        yield

    def process(self, photos: list[tuple[int, int]]) -> list[tuple[int, float]]:
        self.running += 1
        assert self.running == 1
        ((number, pixels),) = photos
        self.seen.append(self.started[1 - number].wait(timeout=PATIENCE_SECONDS))
        self.running -= 1
        return [(10 * pixels, 0.5)]


def test_the_next_batch_is_uploaded_while_one_is_predicted() -> None:
    stage: Any = OneAtATime()
    worker, scenes = _PredictorWorker(stage, 1), {}

    def call(number: int) -> None:
        photo: Any = number
        scenes[number] = worker.predict([photo], photo)

    threads = [threading.Thread(target=call, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stage.seen == [True, True]
    assert scenes == {0: ([0.5], 0), 1: ([0.5], 10)}

"""Overhead of the flow: all CPU time except decoding, predicting and encoding.

    python scripts/bench_flow.py [--photos 1000] [--ray-photos 5000]

Small generated photos and a predictor that takes no time go through the flow, in this process and
on Ray. Baseline in the same run: the CPU time of the stages, measured in this process. Reports CPU
milliseconds per photo by stage, and the memory of the driver during a run on Ray.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench_support import option_parser, print_environment, resident_mb

from jobs.console.output import Output
from jobs.runs import ingest as ingest_job
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.flow.flow import Flow
from pipeline.flow.inline import run_inline
from pipeline.library import Library
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.outcomes import Outcome, without_waiting
from schemas.records import PhotoFile
from schemas.settings import IngestSettings
from tests.support.made_photos import make_photo
from tests.support.trivial_model import trivial_model

TICKS = os.sysconf("SC_CLK_TCK")
SPENT: defaultdict[str, float] = defaultdict(float)  # CPU seconds by stage


class TimedStage:
    """A stage that records its CPU time."""

    def __init__(self, name: str, stage: object) -> None:
        self._name = name
        self._stage = stage

    def setup(self, threads: int | None = None) -> None:
        self._stage.setup(threads)  # type: ignore[attr-defined]

    def process(self, *arguments: object) -> object:
        started = time.process_time()
        try:
            return self._stage.process(*arguments)  # type: ignore[attr-defined]
        finally:
            SPENT[self._name] += time.process_time() - started


def timed_inline(
    flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
) -> Iterator[Outcome]:
    """Run in this process with timed stages."""
    timed = Flow(
        TimedStage("decode", flow.decode),  # type: ignore[arg-type]
        TimedStage("predict", flow.predict),  # type: ignore[arg-type]
        TimedStage("encode", flow.encode),  # type: ignore[arg-type]
        flow.batch_size,
    )
    return without_waiting(run_inline(timed, photos, stop, monitor))


def tree_cpu_seconds() -> float:
    """Return the CPU time of this process and of its descendants."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                seconds[int(entry.name)] = sum(map(int, fields[11:15])) / TICKS
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(seconds.get(pid, 0.0) for pid in below)


class MeasuredRay:
    """A Ray runner that records CPU time and memory at every tenth of the run."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._runner = RayRunner(ClusterSettings(object_store_bytes=600_000_000))
        self.memory: list[float] = []
        self.cpu_ms = 0.0

    def __enter__(self) -> MeasuredRay:
        self._runner.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.__exit__()

    def __call__(
        self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
    ) -> Iterator[Outcome]:
        warm_up = self._count // 10
        started = 0.0
        outcomes = without_waiting(self._runner(flow, photos, stop, monitor))
        for index, outcome in enumerate(outcomes):
            if index == warm_up:
                started = tree_cpu_seconds()
            if index >= warm_up and index % warm_up == 0:
                self.memory.append(resident_mb())
            if index == self._count - 1:
                used = tree_cpu_seconds() - started
                self.cpu_ms = 1000 * used / (self._count - 1 - warm_up)
            yield outcome


def run(folder: Path, name: str, photos: Path, runner: object) -> float:
    """Ingest `photos`; return the CPU milliseconds per photo of this process and its children."""
    job = ingest_job.Ingest(
        Library.resolve(folder / name),
        [photos],
        IngestSettings(),
        trivial_model(),
        Output(quiet=True),
    )
    started = tree_cpu_seconds()
    report = job.run(lambda: runner)  # type: ignore[arg-type, return-value]
    return 1000 * (tree_cpu_seconds() - started) / report.done


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--ray-photos", type=int, default=5000)
    options = parser.parse_args()
    print_environment()
    with tempfile.TemporaryDirectory(prefix="bench-flow-") as name:
        folder = Path(name)
        for index in range(options.ray_photos):
            group = "few" if index < options.photos else "more"
            make_photo(folder / "photos" / group / f"{index:06d}.jpg", index)
        few = folder / "photos" / "few"
        total = run(folder, "inline", few, contextlib.nullcontext(timed_inline))
        stages = {k: 1000 * v / options.photos for k, v in SPENT.items()}
        print(f"{'CPU ms a photo':<28}{'share':>8}")
        for stage, ms in (*stages.items(), ("flow in this process", total - sum(stages.values()))):
            print(f"{stage:<20}{ms:8.2f}{100 * ms / total:7.0f} %")
        watched = MeasuredRay(options.ray_photos)
        run(folder, "ray", folder / "photos", watched)
        print(f"{'flow on Ray':<20}{watched.cpu_ms - sum(stages.values()):8.2f}")
        megabytes = " ".join(f"{value:.0f}" for value in watched.memory)
        print(f"driver memory, every {options.ray_photos // 10} photos on Ray: {megabytes} MB")


if __name__ == "__main__":
    main()

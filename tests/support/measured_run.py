"""An ingest in one process that writes down what each photo takes: `measured_run LIBRARY FOLDER`.

One JSON object a line on stdout: a photo's path before it is decoded, then its outcome, processor
seconds, and the most memory beyond that before it, in bytes (on Linux; elsewhere 0).
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.console.output import Output
from jobs.runs.ingest import Ingest
from pipeline.flow.decode_stage import DecodeStage, Pixels
from pipeline.flow.flow import Flow
from pipeline.flow.inline import run_inline
from pipeline.library import Library
from pipeline.store.root import parse_root
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.outcomes import Failed, Outcome, Skipped, without_waiting
from schemas.records import DecodedPhoto, PhotoFile
from schemas.settings import IngestSettings, PhotoSettings
from tests.support.trivial_model import trivial_model

_PEAK = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class MeasuredDecode:
    """The decode stage, with a record of each photo on stdout."""

    inner: DecodeStage

    def process(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels] | Skipped | Failed:
        _write(path=file.path)
        before = _reset_peak()
        started = time.process_time()
        outcome = self.inner.process(file)
        seconds = time.process_time() - started
        grown = _memory("VmHWM") - before
        if isinstance(outcome, tuple):
            state, message = "done", f"{outcome[0].width} x {outcome[0].height} px"
        else:
            state = f"{type(outcome).__name__.lower()}: {outcome.reason}"
            message = outcome.message
        _write(path=file.path, state=state, message=message, seconds=seconds, bytes=grown)
        return outcome


def _run(
    flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
) -> Iterator[Outcome]:
    measured = replace(flow, decode=MeasuredDecode(flow.decode))
    return without_waiting(run_inline(measured, photos, stop, monitor))


def _write(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def _reset_peak() -> int:
    """Forget how much memory this process has had, and return how much it has."""
    if _PEAK.exists():
        _PEAK.write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


def main() -> None:
    library, folder = sys.argv[1:]
    settings = IngestSettings(photo=PhotoSettings(allow_small=True, allow_wide=True))
    run = Ingest(
        Library.resolve(parse_root(library)),
        [Path(folder)],
        settings,
        trivial_model(),
        Output(quiet=True),
    )
    report = run.run(lambda: contextlib.nullcontext(_run))
    _write(report=report.as_dict())


if __name__ == "__main__":
    main()

"""An evaluation in a process of its own, to be killed, interrupted and resumed.

python -m tests.support.evaluation_process FOLDER OUTPUT. Prints its report as JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from jobs.console.output import Output
from jobs.runs.evaluate import EvaluationReport, EvaluationWork, evaluate
from pipeline.evaluation.find import find_samples
from pipeline.evaluation.methods import FlatMethod
from pipeline.work.map_scenes import InlineSceneRunner
from schemas.choices import Device, PictureKind
from schemas.evaluation_settings import EvaluationSettings, StereoSettings

SETTINGS = EvaluationSettings(stereo=StereoSettings(baseline_mm=60), pictures=PictureKind.NONE)
METHODS = (FlatMethod(cells=48), FlatMethod("flatter", cells=64))


def run_here(folder: Path, to: Path) -> EvaluationReport:
    samples = find_samples([folder], SETTINGS.dataset, SETTINGS.stereo)
    work = EvaluationWork(samples, METHODS, Device.CPU)
    runner = contextlib.nullcontext(InlineSceneRunner())
    return evaluate(work, to, SETTINGS, Output(quiet=True), lambda: runner)


def numbers(report: EvaluationReport) -> list[object]:
    """Return the metrics, which are the same in each run, without the times."""
    return [
        [method.method, method.pairs, {name: [m.mean, m.deviation] for name, m in values.items()}]
        for summary in report.summaries
        for method in summary.methods
        for values in (method.plain, method.aligned)
    ]


if __name__ == "__main__":
    found = run_here(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps(found.as_dict() | {"numbers": numbers(found)}))  # noqa: T201
    sys.exit(int(found.exit_code))

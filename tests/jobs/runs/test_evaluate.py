from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.runs.evaluate import EvaluationReport, EvaluationWork, evaluate, methods_of
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.evaluation.find import find_samples
from pipeline.evaluation.methods import FlatMethod
from pipeline.flow.model import resolve_model
from pipeline.work.map_scenes import InlineSceneRunner, SceneRunner
from schemas.choices import Device
from schemas.errors import ExitCode, UsageError, WeightsMissingError
from schemas.evaluation_settings import (
    EvaluationSettings,
    MethodSettings,
    MetricSettings,
)
from schemas.settings import ModelSettings
from tests.support.evaluation_process import SETTINGS, numbers, run_here
from tests.support.made_datasets import make_middlebury, make_wildrgbd
from tests.support.paths import ROOT
from tests.support.stereo_folder import make_stereo_folder
from tests.support.waiting import wait_until

FLAT = (FlatMethod(cells=48),)


def run(
    folder: Path, to: Path, settings: EvaluationSettings = SETTINGS, *, inline: bool = True
) -> EvaluationReport:
    def runner() -> contextlib.AbstractContextManager[SceneRunner]:
        if inline:
            return contextlib.nullcontext(InlineSceneRunner())
        return RayRunner(ClusterSettings(object_store_bytes=200_000_000))

    samples = find_samples([folder], settings.dataset, settings.stereo)
    work = EvaluationWork(samples, FLAT, Device.CPU)
    return evaluate(work, to, settings, Output(quiet=True), runner)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_stereo_folder(tmp_path / "in")


def test_every_kind_of_stereo_photo_is_evaluated_once(tmp_path: Path, folder: Path) -> None:
    report = run(folder, tmp_path / "out")
    assert (report.selected, report.done, report.failed, report.exit_code) == (4, 4, 0, 0)
    (summary,) = report.summaries
    values = summary.methods[0].plain["psnr"]
    assert values.pairs == 4
    assert (tmp_path / "out" / "report.html").exists()
    again = run(folder, tmp_path / "out")
    assert (again.selected, again.unchanged, again.done) == (4, 4, 0)
    assert again.summaries == report.summaries


def test_bad_files_are_recorded_and_the_run_goes_on(tmp_path: Path, folder: Path) -> None:
    (folder / "bad_SBS.jpg").write_bytes(b"\xff\xd8\xff nothing")
    report = run(folder, tmp_path / "out")
    assert (report.done, report.failed, report.exit_code) == (4, 1, ExitCode.SOME_FAILED)
    assert "bad_SBS.jpg" in report.failures[0]
    assert "bad_SBS.jpg" in (tmp_path / "out" / "report.md").read_text()
    assert run(folder, tmp_path / "out").failed == 1  # tried again


def test_on_ray_the_results_are_the_same(tmp_path: Path, folder: Path) -> None:
    here = run(folder, tmp_path / "here")
    there = run(folder, tmp_path / "there", inline=False)
    assert there.done == 4
    assert [m.plain for s in there.summaries for m in s.methods] == [
        m.plain for s in here.summaries for m in s.methods
    ]


def test_data_sets_run_too(tmp_path: Path) -> None:
    make_middlebury(tmp_path / "stereo")
    make_wildrgbd(tmp_path / "views")
    for name, pairs in (("stereo", 1), ("views", 30)):
        report = run(tmp_path / name, tmp_path / "out")
        assert report.done + report.unchanged == report.selected <= pairs
        assert report.failed == 0
    assert [summary.dataset for summary in report.summaries] == ["middlebury", "wildrgbd"]
    assert len(report.summaries[1].methods[0].motion) > 1


def test_missing_weights_end_the_run_before_it_begins(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    settings = EvaluationSettings(MetricSettings(("psnr", "dists")), stereo=SETTINGS.stereo)
    with pytest.raises(WeightsMissingError, match="vgg16"):
        run(folder, tmp_path / "out", settings)


def test_methods(tmp_path: Path) -> None:
    def small():
        return resolve_model(ModelSettings("small", device=Device.CPU))

    assert [m.name for m in methods_of(MethodSettings(flat=True), small)] == ["small", "flat"]
    named = MethodSettings(splats=tmp_path, name="other")
    assert [m.name for m in methods_of(named, small)] == ["other"]
    with pytest.raises(UsageError, match="name of the flat photo"):
        methods_of(MethodSettings(name="flat", flat=True), small)


def start(folder: Path, to: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.support.evaluation_process", str(folder), str(to)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def wait_for_results(to: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    def are_there() -> bool:
        assert process.poll() is None, "ended early"
        return len(list(to.glob("results/**/*.json"))) >= count

    wait_until(are_there, pause=0.02)


@pytest.mark.posix
def test_a_killed_run_resumes_with_the_results_of_an_undisturbed_one(
    tmp_path: Path, folder: Path
) -> None:
    to = tmp_path / "out"
    killed = start(folder, to)
    wait_for_results(to, 2, killed)
    killed.kill()
    killed.communicate()
    next(to.glob("results/**/*.json")).with_name(".partial-left").write_bytes(b"half")
    interrupted = start(folder, to)
    wait_for_results(to, 3, interrupted)
    interrupted.send_signal(signal.SIGTERM)
    report = json.loads(interrupted.communicate()[0])
    assert interrupted.returncode == ExitCode.INTERRUPTED
    assert report["unchanged"] >= 2
    resumed = start(folder, to)
    report = json.loads(resumed.communicate()[0])
    assert resumed.returncode == ExitCode.OK
    assert report["unchanged"] >= 3
    assert report["done"] + report["unchanged"] == 8
    assert not list(to.rglob(".partial-*"))
    assert report["numbers"] == numbers(run_here(folder, tmp_path / "whole"))

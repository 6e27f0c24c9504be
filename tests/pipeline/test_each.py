"""Faults of every kind in a stage over stored scenes, in one process and on Ray."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.each import EachRunner, InlineRunner
from pipeline.run_ray import ClusterSettings, RayRunner
from pipeline.stop import Stop
from schemas.errors import RunError
from schemas.records import Failed
from tests.faulty_stages import Faults, FaultyEach, known_scene


@pytest.fixture(scope="module")
def on_ray() -> Iterator[RayRunner]:
    with RayRunner(ClusterSettings(object_store_bytes=200_000_000)) as runner:
        yield runner


def ends(runner: EachRunner, folder: Path, names: list[str]) -> dict[str, str]:
    """Return how each scene ended; each ends once."""
    found = {}
    for outcome in runner.each(FaultyEach(Faults(folder)), list(map(known_scene, names)), Stop()):
        assert outcome.file.path not in found
        found[outcome.file.path] = "made"
        if isinstance(outcome, Failed):
            assert outcome.stage == "each"
            found[outcome.file.path] = outcome.reason
    return found


def test_a_scene_that_takes_too_long_fails_alone(tmp_path: Path) -> None:
    expected = {
        "good0": "made",
        "each-hang": "timeout",
        "each-raise": "unsupported",
        "good1": "made",
    }
    assert ends(InlineRunner(), tmp_path, list(expected)) == expected


def test_on_ray_so_do_those_that_kill_their_worker_or_hear_nothing(
    on_ray: RayRunner, tmp_path: Path
) -> None:
    tries = {
        "each-deaf": ("timeout", 1),
        "each-exit": ("worker_lost", 3),
        "each-segv-1": ("made", 2),
        "each-hang": ("timeout", 1),
        "each-raise": ("unsupported", 1),
        "good": ("made", 0),
    }
    found = ends(on_ray, tmp_path, list(tries))
    assert {name: (end, Faults(tmp_path).count(name)) for name, end in found.items()} == tries


def test_what_is_no_scene_s_fault_ends_the_run(on_ray: RayRunner, tmp_path: Path) -> None:
    for runner in (on_ray, InlineRunner()):
        with pytest.raises(RunError, match="cannot be written"):
            ends(runner, tmp_path, ["each-store"])

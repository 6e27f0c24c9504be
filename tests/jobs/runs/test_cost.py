"""Hours and money of what is due: by the rate of earlier runs, or by what the model states."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from jobs.runs.cost import estimate_cost
from pipeline.flow.model import ResolvedModel
from pipeline.library import Library
from schemas.records import RunState
from schemas.settings import IngestSettings, ModelSettings
from schemas.tables import runs
from sharp_core.models.registry import MODELS

SHARP = ResolvedModel(ModelSettings("sharp"), "sharp-1")


def add_run(library: Library, index: int, model: str, done: int, seconds: float) -> None:
    settings = IngestSettings(model=ModelSettings(model)).as_dict()
    started = datetime(2026, 1, 1) + timedelta(days=index)
    with library.write(create=True) as catalog, catalog.engine.begin() as connection:
        connection.execute(
            sa.insert(runs).values(
                run_id=f"run{index}",
                command="ingest",
                state=RunState.FINISHED,
                host="h",
                pid=1,
                settings=json.dumps(settings),
                started_at=started,
                done=done,
                seconds=seconds,
            )
        )


def test_without_a_run_it_is_what_the_model_states(tmp_path: Path) -> None:
    library = Library.resolve(tmp_path / "library")
    seconds = MODELS.get("sharp").gpu_seconds
    assert seconds is not None
    cost = estimate_cost(library, SHARP, 36_000, gpus=2, price_per_gpu_hour=1.10)
    assert cost.hours == pytest.approx(36_000 * seconds / 2 / 3600)
    assert cost.gpu_hours == pytest.approx(2 * cost.hours)
    assert cost.price == pytest.approx(1.10 * cost.gpu_hours, abs=0.005)
    assert f"{seconds:g} s a photo and GPU" in cost.estimated_from
    small = ResolvedModel(ModelSettings("small"), "small-1")
    cost = estimate_cost(library, small, 100, gpus=1, price_per_gpu_hour=1)
    assert "uses no GPU" in cost.estimated_from


def test_earlier_runs_with_the_same_model_count(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    library = Library.resolve(tmp_path / "library")
    add_run(library, 0, "small", 1000, 1.0)  # of another model
    add_run(library, 1, "sharp", 4, 1.0)  # says more of the start than of the rate
    assert "no run" in estimate_cost(library, SHARP, 1, 1, 1).estimated_from
    add_run(library, 2, "sharp", 96, 49.0)
    cost = estimate_cost(library, SHARP, 7200, gpus=4, price_per_gpu_hour=2)
    assert cost.photos_per_second == pytest.approx(2.0)
    assert (cost.hours, cost.gpu_hours, cost.price) == (1.0, 4.0, 8.0)
    assert "the last 2 runs" in cost.estimated_from
    for index in range(3, 8):
        add_run(library, index, "sharp", 100, 100.0)
    assert estimate_cost(library, SHARP, 1, 1, 1).photos_per_second == pytest.approx(1.0)

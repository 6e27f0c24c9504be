import pytest

from sharp_core.training.sharp.schedule import CosineSchedule


def test_the_papers_run():
    schedule = CosineSchedule(100_000)
    assert schedule.at(0) == 0.0
    assert schedule.at(5_000) == pytest.approx(0.8e-4)
    assert schedule.at(10_000) == pytest.approx(1.6e-4)
    assert schedule.at(55_000) == pytest.approx((1.6e-4 + 1.6e-5) / 2)
    assert schedule.at(100_000) == pytest.approx(1.6e-5)


def test_a_shorter_run_keeps_the_shares():
    short, long = CosineSchedule(50), CosineSchedule(100_000)
    for share in (0.0, 0.05, 0.1, 0.4, 0.9, 1.0):
        assert short.at(round(50 * share)) == pytest.approx(
            long.at(round(100_000 * round(50 * share) / 50))
        )


def test_the_shortest_runs_have_a_rate():
    assert CosineSchedule(1).at(0) == pytest.approx(1.6e-4)

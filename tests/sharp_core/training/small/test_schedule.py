import pytest

from sharp_core.training.small.schedule import Decay, Schedule


def test_the_rate_rises_stays_and_falls_to_zero():
    schedule = Schedule(10, Decay(100, 50))
    assert schedule.factor(0) == pytest.approx(0.1)
    assert schedule.factor(9) == schedule.factor(100) == 1.0
    falling = [schedule.factor(step) for step in range(100, 151)]
    assert falling == sorted(falling, reverse=True)
    assert schedule.factor(150) == schedule.factor(1000) == 0.0


def test_without_a_decay_the_rate_stays_for_ever():
    assert Schedule(10).factor(10**9) == 1.0

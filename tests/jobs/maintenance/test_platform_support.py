"""doctor says what is not tested on a system."""

from __future__ import annotations

import platform

import pytest

from jobs.maintenance.doctor import Level, examine
from jobs.maintenance.platform_support import platform_support


@pytest.mark.parametrize("system", ["Windows", "Darwin", "FreeBSD"])
def test_other_systems_are_not_tested_and_differ(system: str) -> None:
    support = platform_support(system)
    assert not support.is_tested
    assert support.differences


def test_doctor_says_so(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = next(one for one in examine(tmp_path) if one.name == "platform")
    assert (here.level, here.advice) == (Level.OK, "")
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    there = next(one for one in examine(tmp_path) if one.name == "platform")
    assert there.level is Level.NOTE
    assert "Windows" in there.found
    assert "--inline" in there.advice

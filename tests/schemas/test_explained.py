"""Explanations of reasons, sources and exit codes: one for each."""

from __future__ import annotations

import pickle

import pytest

from jobs.gallery.problem_texts import reason_text
from schemas.errors import ExitCode
from schemas.photo_limits import SMALLEST_SIDE_PX
from schemas.reasons import FailureReason, SkipReason
from schemas.records import FocalSource


@pytest.mark.parametrize("member", [*FailureReason, *SkipReason, *FocalSource, *ExitCode])
def test_each_member_is_its_value_and_has_an_explanation(
    member: FailureReason | SkipReason | FocalSource | ExitCode,
) -> None:
    assert member == member.value
    assert type(member)(member.value) is member
    assert pickle.loads(pickle.dumps(member)) is member
    assert member.explanation
    assert f"{member}" == str(member.value)


@pytest.mark.parametrize("reason", [*FailureReason, *SkipReason])
def test_the_gallery_explains_each_reason(reason: FailureReason | SkipReason) -> None:
    shown = reason_text(str(reason))
    assert "--" not in shown
    assert reason.explanation.startswith(shown[:16])
    assert reason.explanation.endswith(".")


def test_what_is_not_a_reason_has_no_explanation() -> None:
    assert reason_text(None) == reason_text("a reason of the future") == ""


def test_the_explanation_of_a_small_image_names_the_limit() -> None:
    assert f"{SMALLEST_SIDE_PX} pixels" in SkipReason.TOO_SMALL.explanation

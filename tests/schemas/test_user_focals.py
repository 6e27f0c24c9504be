from __future__ import annotations

from schemas.user_focals import (
    NO_CHANGE,
    FocalChange,
    UserFocalSource,
    set_focal_35mm,
    user_focal_35mm,
)

FLAG, RULE, SIDECAR = UserFocalSource
ALL = {FLAG: 50.0, RULE: 35.0, SIDECAR: 24.0}


def asked(focal_35mm: float | None, source: UserFocalSource, forget: bool = False) -> FocalChange:
    return FocalChange.asked_for(focal_35mm, source, forget=forget)


def test_the_most_trusted_source_counts() -> None:
    assert user_focal_35mm(ALL) == 50.0
    assert user_focal_35mm({SIDECAR: 24.0, RULE: 35.0}) == 35.0
    assert user_focal_35mm({SIDECAR: 24.0}) == 24.0
    assert user_focal_35mm({}) is None


def test_a_sidecar_is_not_set_by_a_flag_or_a_rule() -> None:
    assert set_focal_35mm(ALL) == 50.0
    assert set_focal_35mm({SIDECAR: 24.0}) is None


def test_a_run_without_the_flag_changes_nothing() -> None:
    assert asked(None, FLAG).applied_to(ALL) == ALL
    assert NO_CHANGE.applied_to(ALL) == ALL


def test_the_flag_sets_and_the_next_one_replaces() -> None:
    assert asked(28.0, FLAG).applied_to(ALL) == {**ALL, FLAG: 28.0}
    assert asked(28.0, FLAG).applied_to({}) == {FLAG: 28.0}


def test_to_forget_takes_back_flag_and_rule_and_leaves_the_sidecar() -> None:
    assert asked(None, FLAG, forget=True).applied_to(ALL) == {SIDECAR: 24.0}


def test_a_rule_that_a_nightly_no_longer_has_ends() -> None:
    assert asked(28.0, RULE).applied_to(ALL) == {**ALL, RULE: 28.0}
    assert asked(None, RULE).applied_to(ALL) == {FLAG: 50.0, SIDECAR: 24.0}

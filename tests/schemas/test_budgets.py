from __future__ import annotations

import pytest

from schemas.budgets import BUDGETS, BudgetSettings
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from tests.support.paths import ROOT


def test_a_name_stands_for_its_number() -> None:
    assert BudgetSettings().limit is None
    assert BudgetSettings(budget="visionos").limit == 200_000
    assert BudgetSettings(max_gaussians=100, budget="web").limit == 100
    assert BudgetSettings(max_gaussians=10**6, budget="web").limit == 500_000


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="--for watch") as raised:
        _ = BudgetSettings(budget="watch").limit
    for budget in BUDGETS:
        assert budget.name in raised.value.hint


def test_exports_of_a_name_and_of_its_number_are_the_same() -> None:
    assert ExportSettings(("ply",), budget="quest") == ExportSettings(
        ("ply",), max_gaussians=BUDGETS.get("quest").max_gaussians
    )


def test_the_documentation_has_the_same_numbers() -> None:
    page = (ROOT / "docs" / "explanation" / "formats.md").read_text()
    rows = [f"| `{budget.name}` | {budget.max_gaussians:,} |" for budget in BUDGETS]
    assert [row for row in rows if row in page] == rows

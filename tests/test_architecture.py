"""docs/ARCHITECTURE.md stays short, and every path that it names exists."""

from __future__ import annotations

import re

from tests.support.paths import ROOT

TEXT = (ROOT / "docs" / "ARCHITECTURE.md").read_text()


def test_every_path_exists() -> None:
    paths = re.findall(r"`([a-z_]+/[\w/.]*)`", TEXT)
    assert len(paths) > 50
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_it_has_at_most_900_words() -> None:
    assert len(TEXT.split()) <= 900

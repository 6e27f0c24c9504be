"""Entries by name, from this program and from other packages' entry points."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.errors import UsageError
from schemas.registry import Lazy, Registry


class Fruit(NamedTuple):
    name: str
    label: str = "a fruit"


PLUGINS = """
from tests.schemas.test_registry import Fruit
one, several, wrong, taken = Fruit("plum"), [Fruit("fig"), Fruit("date")], "a text", Fruit("apple")
"""
POINTS = """
[fruits_of_tests]
plum = fruit_plugins:one
many = fruit_plugins:several
wrong = fruit_plugins:wrong
taken = fruit_plugins:taken
absent = fruit_plugins_that_are_not_there:one
"""


@pytest.fixture
def fruits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[Fruit]:
    (tmp_path / "fruit_plugins.py").write_text(PLUGINS)
    info = tmp_path / "orchard-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: orchard\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "fruit_plugins", raising=False)
    return Registry("fruit", Fruit, lambda: (Fruit("apple"),), group="fruits_of_tests")


def test_packages_add_entries_and_broken_ones_are_named_and_left_out(
    fruits: Registry[Fruit], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert set(fruits.names) == {"apple", "plum", "fig", "date"}
    for broken in ("'wrong'", "'taken'", "'absent'"):
        assert sum(broken in message for message in caplog.messages) == 1
    assert all("package orchard" in message for message in caplog.messages)


def test_an_unknown_name_is_told_with_the_choices_and_what_could_not_be_loaded(
    fruits: Registry[Fruit],
) -> None:
    with pytest.raises(UsageError, match="--eat pear: there is no such fruit") as caught:
        fruits.get("pear", "--eat")
    assert "Known are apple" in caught.value.hint
    assert "fruit_plugins_that_are_not_there" in caught.value.hint
    assert fruits.find("pear") is None


def test_entries_come_and_go() -> None:
    fruits = Registry("fruit", Fruit, lambda: (Fruit("apple"),))
    fruits.register(Fruit("pear"))
    assert [fruit.name for fruit in fruits] == ["apple", "pear"]
    with pytest.raises(UsageError, match="already"):
        fruits.register(Fruit("pear"))
    fruits.unregister("pear")
    assert "pear" not in fruits


def test_lazy_objects_are_imported_when_they_are_asked_for() -> None:
    lazy: Lazy[object] = Lazy("a_module_that_is_not_there", "thing")
    with pytest.raises(ImportError):
        lazy.get()
    assert Lazy("schemas.registry", "Lazy").get() is Lazy
    assert Lazy("schemas.registry").get() is sys.modules["schemas.registry"]

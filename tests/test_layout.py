"""tests/ mirrors the source, and no test module imports another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.paths import ROOT

TESTS = ROOT / "tests"
MIRRORED = ("jobs", "pipeline", "schemas", "scripts", "sharp_core")
# These test their whole folder.
OF_A_FOLDER = {
    "jobs/gallery/test_buttons_in_browser.py",
    "jobs/gallery/test_keyboard_in_browser.py",
    "jobs/gallery/test_live_in_browser.py",
    "jobs/gallery/test_pages_in_browser.py",
    "jobs/gallery/test_texts_in_browser.py",
    "jobs/gallery/test_selection_in_browser.py",
    "jobs/gallery/test_scene_viewer.py",
    "jobs/gallery/test_viewer_in_browser.py",
    "pipeline/test_light_imports.py",
    "sharp_core/formats/test_fuzz.py",
    "sharp_core/formats/test_other_tools.py",
    "sharp_core/training/sharp/test_learning.py",
    "sharp_core/training/test_overfit.py",
}
FILES = sorted(TESTS.rglob("*.py"))


def imported_modules(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TESTS)))
def test_no_file_imports_a_test_module(file: Path) -> None:
    parts = {part for name in imported_modules(file) for part in name.split(".")[:-1] or [name]}
    assert not {part for part in parts if part.startswith("test_")}


def test_test_modules_have_the_paths_of_what_they_test() -> None:
    unmatched = set()
    for package in MIRRORED:
        for file in (TESTS / package).rglob("test_*.py"):
            source = ROOT / file.relative_to(TESTS).with_name(file.name.removeprefix("test_"))
            if not source.is_file() and not source.with_suffix("").is_dir():
                unmatched.add(str(file.relative_to(TESTS)))
    assert unmatched == OF_A_FOLDER

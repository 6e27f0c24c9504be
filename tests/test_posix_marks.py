"""Tests that need POSIX are marked so: pytest skips them on Windows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

TESTS = ROOT / "tests"
FILES = sorted(path for path in TESTS.rglob("test_*.py") if path != Path(__file__))
POSIX = re.compile(
    r"SIGKILL|SIGHUP|SIGINT|SIGTERM|SIGALRM|send_signal|os\.kill\(|killpg|os\.fork|mkfifo|setrlimit"
    r"|geteuid|chmod\(|import resource|import fcntl|/proc/|/dev/full|[\"']bash[\"']|small_disk"
)
MARK = "pytest.mark.posix"


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def source_of(node: ast.FunctionDef, lines: list[str]) -> str:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return "\n".join(lines[first - 1 : node.end_lineno])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TESTS)))
def test_what_needs_posix_is_marked(file: Path) -> None:
    text = file.read_text()
    if not POSIX.search(text) or f"pytestmark = {MARK}" in text:
        return
    lines = text.splitlines()
    found = functions(ast.parse(text))
    unmarked = [
        node.name
        for node in found
        if POSIX.search(source := source_of(node, lines)) and f"@{MARK}" not in source
    ]
    assert unmarked == [], f"mark them with @{MARK}, or the file with pytestmark = {MARK}"

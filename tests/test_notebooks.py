"""The notebooks of docs/examples run from their first cell to their last, and hold no results."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "examples").glob("*.ipynb"))
# Prints what each cell would show: the value of its last expression, unless a semicolon ends it.
_RUN = """
import ast, json, sys
names = {}
for source in json.load(sys.stdin):
    tree = ast.parse(source)
    shown = None
    if isinstance(tree.body[-1], ast.Expr) and not source.endswith(";"):
        shown = compile(ast.Expression(tree.body.pop().value), "cell", "eval")
    exec(compile(tree, "cell", "exec"), names)
    print(repr(eval(shown, names)) if shown is not None else "")
"""


def code_cells(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_the_python_api(tmp_path: Path) -> None:
    cells = code_cells(ROOT / "docs" / "examples" / "python-api.ipynb")
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    shown = done.stdout.splitlines()
    assert len(shown) == len(cells)
    assert "FocalSource" in shown[1] or "'exif" in shown[1]
    assert "size=480x" in shown[3]
    found, gaussians, page_bytes = ast.literal_eval(shown[6])
    assert found[0][1] == "Canon EOS 500D"
    assert gaussians == 2 * 768 * 768
    assert page_bytes > 1_000_000
    assert "truncated" in shown[7]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_holds_no_results(notebook: Path) -> None:
    for cell in json.loads(notebook.read_text())["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None

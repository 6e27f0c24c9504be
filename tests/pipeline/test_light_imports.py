"""The wings for files, the catalog and pixels import no torch: import-linter cannot see this where
an import is for types only.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest


@pytest.mark.parametrize("wing", ["catalog", "decode", "metadata", "scan", "store", "work"])
def test_a_wing_imports_no_torch(wing: str) -> None:
    package = importlib.import_module(f"pipeline.{wing}")
    modules = [info.name for info in pkgutil.walk_packages(package.__path__, f"pipeline.{wing}.")]
    assert len(modules) > 3
    program = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_process_that_predicts_imports_no_compiler() -> None:
    """The numba of renderers takes 120 MB."""
    program = "import sys, pipeline.flow.predict_file; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np
import psutil
from sharp_core.models.freed_memory import return_freed_memory

def resident_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6

if {returned}:
    return_freed_memory()
np.ones(30 << 20, np.uint8)  # once freed, glibc's threshold rises above the following ones
before = resident_mb()
blocks = [np.ones(6 << 20, np.uint8) for _ in range(20)]
kept = [bytearray(100_000)]  # on top of them: the heap cannot shrink
del blocks
print(resident_mb() - before)
"""


def grown_mb(*, returned: bool) -> float:
    script = SCRIPT.format(returned=returned)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps large blocks")
def test_large_blocks_go_back_to_the_system() -> None:
    assert grown_mb(returned=False) > 100
    assert grown_mb(returned=True) < 20

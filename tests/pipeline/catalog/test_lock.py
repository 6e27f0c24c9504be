from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.library import Library
from schemas.errors import LibraryBusyError

HOLDER = """
import sys, time
from pathlib import Path
from pipeline.library import Library
with Library.resolve(Path(sys.argv[1])).hold("ingest"):
    print("held", flush=True)
    time.sleep(60)
"""


def start_holder(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.stdout.close()
    return process


def test_the_second_run_is_told_who_holds_the_library(tmp_path: Path) -> None:
    process = start_holder(tmp_path)
    try:
        with (
            pytest.raises(LibraryBusyError, match=f"process {process.pid}"),
            Library.resolve(tmp_path).hold("x"),
        ):
            pass
    finally:
        process.kill()
        process.wait()


@pytest.mark.posix
def test_a_dead_runs_place_is_taken_over_with_a_word_about_it(tmp_path: Path) -> None:
    process = start_holder(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with Library.resolve(tmp_path).hold("ingest") as dead:
        assert dead is not None
        assert dead.pid == process.pid
    with Library.resolve(tmp_path).hold("ingest") as dead:
        assert dead is None

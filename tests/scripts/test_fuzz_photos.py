"""The script that damages photos: a few files, one process, and what it would report."""

from __future__ import annotations

import importlib
import sys
from random import Random

import pytest

from tests.support.damaged_photos import damaged, photo_files
from tests.support.paths import DATA, ROOT
from tests.support.tools import run_program


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("fuzz_photos")


def test_damaged_photos_of_the_tests_end_with_a_reason():
    script = ROOT / "scripts" / "fuzz_photos.py"
    process = run_program(sys.executable, str(script), "--count", "25", "--seed", "3")
    assert (process.returncode, process.stderr) == (0, ""), process.stdout
    assert "FAULT" not in process.stdout
    counts = [line.split()[0] for line in process.stdout.splitlines()[1:]]
    assert sum(map(int, counts)) == 25


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"seconds": 5.5, "bytes": 0, "message": "x"}, "5.5 s"),
        ({"seconds": 0.1, "bytes": 600_000_000, "message": "x"}, "600 MB"),
        ({"seconds": 0.1, "bytes": 0, "message": ""}, "no message"),
        ({"seconds": 0.1, "bytes": 0, "message": "x"}, None),
    ],
)
def test_what_counts_as_a_fault(script, line, fault):
    found = script.Findings()
    script.add_photo("photo.jpg", {"state": "failed: unreadable", **line}, found)
    assert found.faults == ([("photo.jpg", fault)] if fault else [])


def test_the_same_seed_damages_in_the_same_way():
    files = [path.read_bytes() for path in photo_files(DATA / "decode")]
    changed = 0
    for number in range(60):
        data = files[number % len(files)]
        made = damaged(data, files, Random(number))
        assert made == damaged(data, files, Random(number))
        changed += made != data
    assert changed > 50

"""Damage photos at random and ingest them: each has to end with a reason, soon and quietly.

    python scripts/fuzz_photos.py [FOLDER ...] [--count 2000] [--seed 0] [--keep FOLDER]

For each folder (tests/data if none is given), that many damaged files are made of the photos in it,
a piece at a time, and ingested in one process with a model that takes no time. What is reported:
photos without an outcome, more than 5 s of processor time or 500 MB for one file, a process that
died, and any output on stderr. --keep stores those files. Exits with 1 if there were any.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench_support import ROOT

from tests.support.damaged_photos import damaged, photo_files

MOST_SECONDS = 5.0
MOST_BYTES = 500_000_000
PIECE = 100  # files in one process
_COPY = "copy"  # how a file is counted that has the bytes of another one


@dataclass
class Findings:
    """What the runs over one folder have shown."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    largest: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)  # file name; what is wrong


def make_piece(sources: list[Path], folder: Path, numbers: range, seed: str) -> None:
    """Write damaged files, whose numbers are their names."""
    for number in numbers:
        random = Random(f"{seed}:{number}")
        source = random.choice(sources)
        others = [random.choice(sources).read_bytes()]
        made = damaged(source.read_bytes(), others, random)
        (folder / f"{number:06d}-{source.name}").write_bytes(made)


def run_piece(folder: Path, found: Findings) -> None:
    """Ingest a folder in a process of its own, and add what it shows."""
    with tempfile.TemporaryDirectory() as library:
        command = [sys.executable, "-m", "tests.support.measured_run", library, str(folder)]
        process = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    photos = [line for line in lines if "path" in line]
    if process.returncode:
        last = photos[-1]["path"] if photos else folder.name
        found.faults.append((Path(last).name, f"the process died ({process.returncode})"))
    for line in process.stderr.splitlines():
        found.faults.append((folder.name, f"on stderr: {line}"))
    settled = {line["path"]: line for line in photos if "state" in line}
    contents: set[bytes] = set()
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        if str(path) in settled:
            add_photo(path.name, settled[str(path)], found)
        elif content in contents:
            found.outcomes[_COPY] += 1
        else:
            found.faults.append((path.name, "no outcome"))
        contents.add(content)


def add_photo(name: str, line: dict[str, object], found: Findings) -> None:
    """Add the line of one photo's outcome."""
    state, message = str(line["state"]), str(line["message"])
    seconds, size = float(str(line["seconds"])), int(str(line["bytes"]))
    found.outcomes[state] += 1
    found.slowest = max(found.slowest, seconds)
    found.largest = max(found.largest, size)
    if seconds > MOST_SECONDS:
        found.faults.append((name, f"{seconds:.1f} s"))
    if size > MOST_BYTES:
        found.faults.append((name, f"{size / 1e6:.0f} MB"))
    if not message:
        found.faults.append((name, "no message"))


def fuzz(source: Path, count: int, seed: int, keep: Path | None) -> Findings:
    """Run all pieces of one folder."""
    sources, found = photo_files(source), Findings()
    for start in range(0, count, PIECE):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            numbers = range(start, min(start + PIECE, count))
            make_piece(sources, folder, numbers, f"{seed}:{source.name}")
            before = len(found.faults)
            run_piece(folder, found)
            for fault, _ in found.faults[before:]:
                if keep and (folder / fault).is_file():
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(folder / fault, keep)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*", default=[ROOT / "tests" / "data"])
    parser.add_argument("--count", type=int, default=2000, help="files made of each folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where to store files that show a fault")
    options = parser.parse_args()
    has_faults = False
    for folder in options.folders:
        found = fuzz(folder, options.count, options.seed, options.keep)
        has_faults |= bool(found.faults)
        print(f"{folder}: slowest {found.slowest:.2f} s, largest {found.largest / 1e6:.0f} MB")
        for state, number in found.outcomes.most_common():
            print(f"  {number:5} {state}")
        for name, fault in found.faults:
            print(f"  FAULT {name}: {fault}")
    sys.exit(int(has_faults))


if __name__ == "__main__":
    main()

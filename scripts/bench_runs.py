"""What a library costs as it grows: recording an outcome, and each command that finds nothing due.

    python scripts/bench_runs.py [--photos 1000000] [--postgres] [--baseline CHECKOUT] [--keep DIR]

Grows one library to 10^3, 10^4, ... photos. At each size every command runs in a process of its
own (`at_size.py`): its CPU seconds and the largest memory that it had. Memory is flat where it does
not grow with the photos. With --baseline, the commands of another checkout run over the same
library, after each of this one. --keep leaves the library in a folder, where the next run finds it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import sqlalchemy as sa
from at_size import COMMANDS, EXPORT_FOLDER
from bench_support import ROOT, option_parser, print_environment
from made_library import grow, hurry

from pipeline.exports.manifest_sync import rewrite_manifest
from pipeline.exports.target import ExportTarget
from pipeline.library import Library
from schemas.tables import photos
from tests.support.postgres import fresh_schema, running_server

PROGRAM = Path(__file__).with_name("at_size.py")
COMMAND_SECONDS = 1800


def make(library: Library, folder: Path, size: int) -> None:
    """Grow the library to `size` photos, with the manifest of its exports."""
    target = ExportTarget(folder / EXPORT_FOLDER, library.root)
    started = time.process_time()
    with library.write(create=True) as writer:
        start = writer.connection.scalar(sa.select(sa.func.count()).select_from(photos)) or 0
        writer.connection.rollback()
        if start < size:
            hurry(writer)
            grow(writer, target, start, size)
            print(f"# grown to {size} photos in {time.process_time() - started:.0f} s of CPU time")
    target.folder.mkdir(exist_ok=True)
    no_export_is_there = mock.patch.object(os.path, "isfile", lambda _: True)
    with library.read() as connection, no_export_is_there:
        rewrite_manifest(connection, target)


def run(checkout: Path, name: str, folder: Path, size: int, url: str | None) -> str:
    """Run one command; return what it used, and what it says."""
    command = [sys.executable, str(PROGRAM), name, str(folder), str(size), *filter(None, [url])]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    found = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    return found.stdout.rstrip() or f"failed: {found.stderr.strip()[-300:]}"


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--commands", nargs="*", default=list(COMMANDS))
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    print_environment()
    checkouts = {"": ROOT, " (baseline)": options.baseline and options.baseline.resolve()}
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-runs-"))
        )
        folder.mkdir(exist_ok=True)
        url = (
            fresh_schema(stack.enter_context(running_server(is_synced=True)))
            if options.postgres
            else None
        )
        library = Library.resolve(folder / "library", url)
        library.store.make()
        for size in (10**power for power in range(3, 10) if 10**power <= options.photos):
            make(library, folder, size)
            for name in options.commands:
                for label, checkout in checkouts.items():
                    if checkout is not None:
                        used = run(checkout, name, folder, size, url)
                        print(f"{size:>8} {name + label:<26}{used}", flush=True)


if __name__ == "__main__":
    main()

"""Time, memory and file size of `small` against a model of another checkout, in the same run.

    python scripts/bench_small.py ~/Photos/a.jpg ~/Photos/b.heic --checkout ../before --as prior

Each round makes a library of the photos with each of the two in turn, by `ingest --inline` in a
process of its own, so both see the same load of the machine. Figures are minimum / median /
maximum:

    predict, encode    seconds a photo, as the catalog records them
    CPU                seconds of the process over the number of photos, start and decoding included
    previews           the same, of `preview --inline` on that library
    peak               largest resident memory of the process, MB
    splat              MB a photo

`--busy N` measures each round twice, the second time beside N more processes that compute all the
time at the priority of this one: threads that wait for each other must not spend CPU time. The last
line compares the minima of both, of the run and of the previews.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench_support import option_parser, print_environment, spread
from checkouts import Variant, run_command


@dataclass
class Figures:
    """What was measured of one model, in all rounds."""

    predict_s: list[float] = field(default_factory=list)  # a photo
    encode_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    previews_s: list[float] = field(default_factory=list)  # CPU, a photo
    peak_mb: list[float] = field(default_factory=list)
    splat_mb: list[float] = field(default_factory=list)


def main() -> None:
    options = parse_options()
    variants = [Variant("small")]
    if options.checkout is not None:
        variants.append(Variant(options.model, options.checkout))
    loads = (0, options.busy) if options.busy else (0,)
    figures = {(variant, busy): Figures() for busy in loads for variant in variants}
    print_environment()
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        for number, photo in enumerate(options.photos):
            shutil.copy(photo, photos / f"{number:03}{photo.suffix}")
        for number, busy in itertools.product(range(options.rounds), loads):
            with busy_processes(busy):
                for variant in variants:
                    library = Path(folder) / f"{variant.model} {busy} {number}"
                    measure(variant, photos, library, figures[variant, busy])
    print(f"# {len(options.photos)} photos, {options.rounds} rounds")
    print("model  | busy | predict s | encode s | CPU s | previews CPU s | peak MB | splat MB")
    for (variant, busy), measured in figures.items():
        cells = (
            spread(measured.predict_s, 2),
            spread(measured.encode_s, 2),
            spread(measured.cpu_s, 2),
            spread(measured.previews_s, 2),
            spread(measured.peak_mb, 0),
            spread(measured.splat_mb, 2),
        )
        print(f"{variant.model:6} | {busy:4} | {' | '.join(cells)}")
    for variant in variants if options.busy else ():
        quiet, loaded = figures[variant, 0], figures[variant, options.busy]
        run = min(loaded.cpu_s) / min(quiet.cpu_s)
        previews = min(loaded.previews_s) / min(quiet.previews_s)
        print(f"{variant.model}: {run:.2f} and {previews:.2f} times the CPU time when busy")


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--checkout", type=Path, help="another checkout of this repository")
    parser.add_argument("--as", dest="model", default="prior", help="the model to use there")
    return parser.parse_args()


def measure(variant: Variant, photos: Path, library: Path, into: Figures) -> None:
    """Make a library of the photos and add what that took."""
    cost = run_command(
        variant.checkout,
        *("ingest", str(photos), "--library", str(library), "--model", variant.model, "--inline"),
    )
    with contextlib.closing(sqlite3.connect(library / "catalog.sqlite")) as catalog:
        rows = catalog.execute(
            "SELECT predict_seconds, encode_seconds, splat_bytes FROM scenes"
        ).fetchall()
    into.predict_s += [row[0] for row in rows]
    into.encode_s += [row[1] for row in rows]
    into.splat_mb += [row[2] / 1e6 for row in rows]
    into.cpu_s.append(cost.cpu_s / len(rows))
    previews = run_command(variant.checkout, "preview", "--library", str(library), "--inline")
    into.previews_s.append(previews.cpu_s / len(rows))
    into.peak_mb.append(cost.peak_mb)


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Run processes that compute all the time."""
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()

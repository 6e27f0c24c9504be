"""Damage USD files at random and read each: it has to end soon, with a scene or with a reason.

    python scripts/fuzz_usd.py [--count 10000] [--kind usdc usda usdz]

Each file is read by the program that reads USD files for us, `sharp_core.formats.usd.extract`, in a
process of its own: a damaged file may end it, which the reader reports as damage. What is counted:
scenes, reasons, ends by a signal (of USD's own library), the most memory and time. Exits with 1
where a file took more than 20 s, or an exception of Python was not expected. Needs `os.fork`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

from bench_support import ROOT

from sharp_core.formats.usd import extract
from sharp_core.formats.usd.tools import load_usd
from tests.support.damaged_splats import mutated

MOST_SECONDS = 20
_FAULT = 70  # the exit code of an exception that was not expected
_KINDS = ("usdc", "usda", "usdz")


def sources(folder: Path) -> dict[str, bytes]:
    """Return a small scene as a file of each kind.

    They are made in another process: this one must not import torch, whose addresses would count
    for the limit of the reader.
    """
    child = os.fork()
    if child == 0:
        _make_sources(folder)
        os._exit(0)
    os.waitpid(child, 0)
    return {kind: (folder / f"scene.{kind}").read_bytes() for kind in _KINDS}


def _make_sources(folder: Path) -> None:
    from pxr import Sdf

    from sharp_core.formats.registry import write_scene
    from tests.support.clouds import INFO, cloud

    for name in ("scene.usdc", "scene.usdz"):
        write_scene(folder / name, cloud(20), INFO)
    Sdf.Layer.FindOrOpen(str(folder / "scene.usdc")).Export(str(folder / "scene.usda"))


def read_alone(path: Path, target: Path) -> tuple[str, int, float]:
    """Read a file in a process of its own. Return how that ended, its memory and its seconds."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        log = os.open(target.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 2)
        code = _FAULT
        try:
            import signal

            signal.alarm(MOST_SECONDS)
            code = extract.main(path, target)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    ends = {0: "scene", extract.REFUSED: "reason", _FAULT: "fault"}
    return ends.get(code, f"signal {-code}"), 1024 * usage.ru_maxrss, time.monotonic() - started


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--kind", nargs="+", choices=_KINDS, default=_KINDS)
    options = parser.parse_args()
    load_usd()  # once, for all processes that follow
    is_bad = False
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        whole = sources(folder)
        for kind in options.kind:
            ends: Counter[str] = Counter()
            most, slowest = 0, 0.0
            for number in range(options.count):
                path = folder / f"damaged.{kind}"
                path.write_bytes(mutated(whole[kind], Random(f"{kind} {number}")))
                end, memory, seconds = read_alone(path, folder / "arrays.npz")
                ends[end] += 1
                most, slowest = max(most, memory), max(slowest, seconds)
                if end in ("fault", "signal 14"):
                    is_bad = True
                    print(f"{kind} {number}: {end}\n{(folder / 'arrays.log').read_text()[-2000:]}")
            counts = ", ".join(f"{count} {end}" for end, count in ends.most_common())
            print(f"{kind}: {counts}; {most / 1e6:.0f} MB, {slowest:.1f} s at most", flush=True)
    return int(is_bad)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())

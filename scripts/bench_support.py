"""Helpers of the benchmarks: environment header, command line, timings, memory, catalog rows.

Import this module first: it puts the root of the repository on `sys.path`, for `tests.support`.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

_PACKAGES = ("torch", "numpy", "pillow", "ray", "numba", "gsplat", "sqlalchemy")

# Columns of a stored scene that do not matter for the speed of a catalog.
SCENE_COLUMNS: Mapping[str, object] = {
    "gaussians": 1_179_648,
    "depth_near_m": 1.0,
    "depth_median_m": 4.0,
    "depth_far_m": 60.0,
}


class Timing(NamedTuple):
    """The minimum of some runs, in seconds."""

    wall: float
    cpu: float  # user and system time of this process


def option_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser of the command line that shows the module's docstring as its help."""
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def best_of(
    repeat: int,
    run: Callable[[], object],
    *,
    warm_up: int = 0,
    synchronize: Callable[[], None] = lambda: None,
) -> Timing:
    """Return the minimum wall and CPU time of `repeat` runs, after `warm_up` runs.

    `synchronize` waits for the device after each run.
    """
    walls, cpus = [], []
    for index in range(warm_up + repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        synchronize()
        if index >= warm_up:
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    return Timing(min(walls), min(cpus))


def all_processor_seconds() -> float:
    """Return the CPU time of this process and of its finished children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def spread(values: Sequence[float], digits: int) -> str:
    """Return minimum, median and maximum."""
    three = (min(values), statistics.median(values), max(values))
    return " / ".join(f"{value:.{digits}f}" for value in three)


def resident_mb() -> float:
    """Return the resident memory of this process in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def fill_tables(engine: sa.Engine, rows: Mapping[sa.Table, Sequence[Mapping[str, object]]]) -> None:
    """Insert rows into a new catalog, table by table, with texts to search, and close it."""
    from pipeline.catalog.photo_texts import add_missing_texts

    with engine.begin() as connection:
        for table, values in rows.items():
            connection.execute(table.insert(), list(values))
        add_missing_texts(connection)
    engine.dispose()


def print_environment() -> None:
    """Print machine, system and versions, one line each: no figure means anything without them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {_cpu()}, {cores} cores, load {load:.1f}")
    print(f"# {platform.system()} {platform.release()}, Python {platform.python_version()}")
    print("# " + ", ".join(f"{name} {_version(name)}" for name in _PACKAGES if _version(name)))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()

"""What a benchmark ran on: its figures mean nothing without."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("torch", "numpy", "pillow", "ray", "numba", "gsplat", "sqlalchemy")


def print_environment() -> None:
    """Print machine, system and versions, one line each."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(
        f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {_processor()}, {cores} cores, load {load:.1f}"
    )
    print(f"# {platform.system()} {platform.release()}, Python {platform.python_version()}")
    print("# " + ", ".join(f"{name} {_version(name)}" for name in _PACKAGES if _version(name)))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()

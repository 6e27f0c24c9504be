"""Runs this program where nothing is that only POSIX has: as near to Windows as Linux comes.

As a program: python -m tests.support.without_posix FOLDER. What others have imported keeps what it
has; the modules and names that only POSIX has are gone for all that is imported and called later.
Prints a JSON document of what was done.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
from pathlib import Path

OURS = ("schemas", "sharp_core", "pipeline", "jobs", "sharp_batch")
# Packages of others that are imported only where they are used.
THEIRS = (
    *("av", "fastapi", "multiprocessing", "numba", "PIL.Image", "pillow_heif", "pyarrow.parquet"),
    *("prometheus_client", "psutil", "ray", "ray._private.worker", "ray.job_submission"),
    *("rich.console", "rich.markup", "rich.progress", "rich.table", "sqlalchemy.dialects.sqlite"),
    *("torch", "torch.utils.data", "uvicorn", "concurrent.futures.thread", "fsspec", "filelock"),
    *("typer", "sqlalchemy"),
)
MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")
OF_OS = (
    *("chown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getpgid", "getpgrp", "getsid"),
    *("getuid", "killpg", "mkfifo", "nice", "pathconf", "sched_getaffinity", "setpgid", "setsid"),
    *("sync", "sysconf", "uname", "wait3", "wait4"),
)
OF_SIGNAL = (
    *("SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "ITIMER_REAL"),
    *("setitimer", "getitimer", "alarm", "pthread_sigmask", "pause", "sigwait"),
)


def take_away_posix() -> None:
    """Remove what only POSIX has."""
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment] - importing it raises ImportError
    for module, names in ((os, OF_OS), (signal, OF_SIGNAL)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "win32"


def import_all() -> int:
    """Import every module of ours; return how many."""
    count = 0
    for package in OURS:
        module = importlib.import_module(package)
        for info in pkgutil.walk_packages(module.__path__, f"{package}."):
            if not info.name.endswith("__main__"):
                importlib.import_module(info.name)
                count += 1
    return count


def use(folder: Path) -> dict[str, object]:
    """Make a library, look at it, export from it."""
    import sharp_batch as sb
    from jobs.console.output import Output
    from jobs.maintenance.doctor import examine
    from jobs.monitoring.watch import watching
    from pipeline.library import Library
    from schemas.monitoring_settings import HookSettings, MetricsSettings
    from tests.support.made_photos import make_photos
    from tests.support.trivial_model import ingest

    os.environ["SHARP_BATCH_HOME"] = str(folder / "home")  # else Windows itself is asked
    make_photos(folder / "photos", 2)
    library = Library.resolve(folder / "library")
    hook = HookSettings(run_hook=f"{sys.executable} -S -c 'print(1)'")
    with watching(library, hook, MetricsSettings(folder / "x.prom"), Output(quiet=True)):
        report = ingest(folder / "library", folder / "photos")
    with sb.open_library(folder / "library") as opened:
        scene = next(opened.scenes())
    made = scene.export("ply", folder / "one.ply")
    findings = [(one.name, one.level) for one in examine(folder / "library")]
    return {"done": report.done, "ply": len(sb.read_splat_file(made).gaussians), "doctor": findings}


def main() -> None:
    """Do it."""
    for name in THEIRS:
        importlib.import_module(name)
    take_away_posix()
    modules = import_all()
    sys.stdout.write(json.dumps({"modules": modules, **use(Path(sys.argv[1]))}) + "\n")


if __name__ == "__main__":
    main()

"""A Ray of a run's own on this machine: up quickly, quiet, and away from the run's signals.

A terminal, `timeout` or a service manager signals a run's whole process group. Ray's daemons stay
in the group of the process that starts them, and end at SIGTERM: the photos under way would be
lost with them. They need no signals of their own, for the kernel ends them with their parent.

Ray starts some daemons that nobody needs here: the dashboard's server, even where no dashboard is
wanted; what scales clusters; what prints the words of workers. That takes as long as all the rest.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ray
from ray._private import parameter, services, utils, worker

from schemas.errors import RunError

_FOLDER_PREFIX = "sb-ray-"
_VITAL = {"raylet", "gcs_server"}


class LocalRay:
    """Ray's processes and their folder, from `start` to `end`."""

    def __init__(self) -> None:
        self._folder: str | None = None

    def start(self, object_store_bytes: int) -> None:
        """Start Ray, and connect this process to it. Raises what ray.init raises."""
        self._folder = _make_folder()
        threading.Thread(target=_import_serializers).start()
        with _own_ways():
            ray.init(
                address="local",
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                object_store_memory=object_store_bytes,
                _temp_dir=self._folder,
            )

    def end(self) -> None:
        """End it, if it was started."""
        ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def check_ray_lives() -> None:
    """Raise RunError if a Ray of our own has lost a process that it cannot do without.

    Ray itself notices after a quarter of a minute, and then ends this process without a word.
    """
    node = worker._global_node  # None through ray://; of a cluster that was joined, nothing is ours
    dead = {kind for kind, _ in node.dead_processes()} if node is not None else set()
    if lost := sorted(dead & _VITAL):
        raise RunError(
            f"Ray has died on this machine: its process {lost[0]} was killed or has crashed",
            "Run the same command again: it goes on where it was. If that comes again, memory may "
            "be short (dmesg tells whom the system has killed); --inline works without Ray.",
        )


def _import_serializers() -> None:
    """Import what Ray imports when it first sends something, while it waits for its processes.

    The first photo would wait for it else: pydantic, where that is installed, takes long.
    """
    with contextlib.suppress(ImportError, AttributeError):  # Ray's own matter, which may change
        from ray._common import pydantic_compat

        pydantic_compat._iter_model_field_types()


def _make_folder() -> str:
    """Make Ray's folder for this process, and remove those of processes that died."""
    # Not where TMPDIR says: paths of sockets may have 107 bytes at most.
    base = "/tmp" if os.name == "posix" else tempfile.gettempdir()
    for old in Path(base).glob(f"{_FOLDER_PREFIX}*"):
        pid = old.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc").exists():
            shutil.rmtree(old, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-", dir=base)


class _InOwnSession(services.ConsolePopen):  # type: ignore[misc]  # ray has no types of its own
    def __init__(self, command: list[str], **options: Any) -> None:  # noqa: ANN401 - of Popen
        super().__init__(command, **options, start_new_session=True)


class _FewDaemons(parameter.RayParams):  # type: ignore[misc]
    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - of RayParams
        super().__init__(**given, no_monitor=True, include_log_monitor=False)


def _no_server(*_: object, **_options: object) -> tuple[None, None]:
    return None, None


def _no_dashboard() -> str:
    return "not wanted"


# Where Ray looks its own ways up, and ours. `ray.init` has no options for any of them.
_OWN_WAYS = (
    (services, "ConsolePopen", _InOwnSession),
    (services, "start_api_server", _no_server),
    (parameter, "RayParams", _FewDaemons),
    # Else each node's agent serves HTTP, on a port that a real cluster's agent might need.
    (utils, "get_dashboard_dependency_error", _no_dashboard),
)


@contextlib.contextmanager
def _own_ways() -> Iterator[None]:
    """Have Ray start its daemons in our ways while this holds."""
    before = [getattr(place, name) for place, name, _ in _OWN_WAYS]
    try:
        for place, name, own in _OWN_WAYS:
            setattr(place, name, own)
        yield
    finally:
        for (place, name, _), old in zip(_OWN_WAYS, before, strict=True):
            setattr(place, name, old)

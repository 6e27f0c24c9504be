"""One writer per library: a lock that the operating system releases when its holder dies.

The file `lock` in a library's folder says who holds it. It stays, empty, when the holder is done.
If it names a holder although the lock is free, that run died, and the next run says so. A library
in an object store has the lock of its catalog only.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from pipeline.catalog.address import CatalogAddress
from pipeline.catalog.database import unusable
from pipeline.catalog.postgres import hold_postgres
from pipeline.store.layout import LOCK_FILE
from pipeline.store.retry import retrying
from pipeline.store.root import RemoteRoot
from schemas.errors import LibraryBusyError, RunError

ANOTHER_RUN = "another run"  # of which nothing is known
HOLDER = "'{0}' (process {1} on {2}, since {3})"  # command, process, host, time
_WAIT_SECONDS = 0.2  # longer than `is_held` takes


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds, or held, a library."""

    host: str
    pid: int
    started_at: str
    command: str

    def __str__(self) -> str:
        return HOLDER.format(self.command, self.pid, self.host, self.started_at)


@contextlib.contextmanager
def hold(address: CatalogAddress, command: str) -> Iterator[Holder | None]:
    """Hold the library whose catalog is at `address`, and that catalog.

    Yields the dead run that this one takes over from, if there is one. While it is held, calls to
    an object store that does not answer are retried. Raises LibraryBusyError at once where another
    run holds it.
    """
    root = address.root
    with contextlib.ExitStack() as stack:
        if isinstance(root, RemoteRoot):
            _ = address.is_noted  # the first contact: a wrong address is not retried
            stack.enter_context(retrying())
        dead = None
        if not isinstance(
            root, RemoteRoot
        ):  # where several machines write, the catalog's lock counts
            dead = stack.enter_context(_hold_folder(root, command))
        if address.url is not None:
            try:
                stack.enter_context(hold_postgres(address.url, command))
            except sa.exc.DatabaseError as error:
                raise unusable(address, error) from error
        yield dead


def is_held(folder: Path) -> bool:
    """Tell whether a run holds a library's folder. For a moment nobody else can hold it."""
    path = folder / LOCK_FILE
    try:
        with FileLock(path, blocking=False):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written
        return False


@contextlib.contextmanager
def _hold_folder(root: Path, command: str) -> Iterator[Holder | None]:
    path = root / LOCK_FILE
    lock = FileLock(path)
    try:
        lock.acquire(timeout=_WAIT_SECONDS)
    except Timeout as error:
        holder = _read_holder(path)
        raise LibraryBusyError(
            f"the library {root} is held by {holder or ANOTHER_RUN}",
            "Wait until it has ended, or stop it; 'sharp-batch status' can be used meanwhile.",
        ) from error
    except OSError as error:
        raise RunError(f"the library {root} cannot be written: {error.strerror}") from error
    try:
        dead = _read_holder(path)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        holder = Holder(socket.gethostname(), os.getpid(), now, command)
        with contextlib.suppress(OSError):  # on a full disk the lock holds without its text
            path.write_text(json.dumps(asdict(holder)), encoding="utf-8")
        yield dead
    finally:
        with contextlib.suppress(OSError):
            path.write_text("", encoding="utf-8")
        lock.release()


def _read_holder(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None

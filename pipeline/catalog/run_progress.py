"""How far the run is that works on a library now, as its process records it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psutil
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.lock import is_held
from schemas.records import RunState
from schemas.tables import runs, utc_now

_INEXACT = timedelta(seconds=2)  # what the system tells of when a process began
# Counts are recorded after each photo: that may take a while.
_QUIET = timedelta(minutes=1)
_QUIET_WITHOUT_LOCK = timedelta(minutes=15)


class ActiveRun(NamedTuple):
    """A run whose row says that it is running. Its counts are None until it knows what is due."""

    run_id: str
    command: str
    host: str
    pid: int
    started_at: datetime
    due: int | None  # without what was skipped
    done: int | None
    failed: int | None
    seconds: float | None  # since its start, when the counts were recorded


class LibraryPulse(NamedTuple):
    """What changes while runs work: two pulses differ if a run began, ended, or made something."""

    run: ActiveRun | None
    runs: int
    finished: int  # photos that all runs of `ingest` have done or failed


def read_pulse(connection: Connection) -> LibraryPulse:
    """Read the pulse of a library from its runs alone: their table is small."""
    columns = [runs.c[name] for name in ActiveRun._fields]
    active = sa.select(*columns).where(runs.c.state == RunState.RUNNING)
    row = connection.execute(active.order_by(runs.c.started_at.desc()).limit(1)).one_or_none()
    f = sa.func
    finished = f.coalesce(runs.c.done, 0) + f.coalesce(runs.c.failed, 0)
    ingested = f.sum(sa.case((runs.c.command == "ingest", finished), else_=0))
    sums = sa.select(f.count(), f.coalesce(ingested, 0)).select_from(runs)
    number, photos = connection.execute(sums).one()
    return LibraryPulse(ActiveRun(*row) if row is not None else None, number, int(photos))


def is_at_work(run: ActiveRun, folder: Path | None) -> bool:
    """Tell whether a run whose row says so still works on the library in `folder`.

    Its process is looked for, if it is one of this machine. Of another machine or container it is
    known whether a run holds the folder, and when the counts were recorded: this alone where the
    library has no folder, but an object store.
    """
    if run.host == socket.gethostname():
        began = _beginning_of(run.pid)
        if began is None:
            return False
        if began < run.started_at + _INEXACT:
            return True
        # A later process with its number; or the clock was set.
    quiet = utc_now() - run.started_at - timedelta(seconds=run.seconds or 0)
    if folder is None:
        return quiet < _QUIET_WITHOUT_LOCK
    return quiet < _QUIET or is_held(folder)


def _beginning_of(pid: int) -> datetime | None:
    """Return when a process began, the first time that there is if that is secret; None: gone."""
    try:
        began = datetime.fromtimestamp(psutil.Process(pid).create_time(), UTC)
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return datetime.min
    return began.replace(tzinfo=None)

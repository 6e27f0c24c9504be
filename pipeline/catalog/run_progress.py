"""How far the run is that works on a library now, as its process records it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.records import RunState
from schemas.tables import runs


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

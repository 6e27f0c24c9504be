"""Rows of runs: their start, the photos under way, their end.

Each function is part of the caller's transaction.
"""

from __future__ import annotations

import json
import os
import socket

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.outcomes import insert_failure
from schemas.outcomes import Stage, UnderWay
from schemas.reasons import FailureReason
from schemas.records import RunState
from schemas.tables import runs, utc_now


def fail_dead_runs(connection: Connection) -> None:
    """Mark runs that never ended as `failed`.

    The photos that their processes were at when they died are counted as having crashed.
    """
    dead = sa.select(runs).where(runs.c.state == RunState.RUNNING)
    for run in connection.execute(dead).all():
        for photo_id in json.loads(run.under_way or "[]"):
            insert_failure(
                connection,
                photo_id,
                run.run_id,
                stage=Stage.RUN,
                model_fingerprint=None,
                is_final=False,
                reason=FailureReason.WORKER_LOST,
                message="the run's process died while it was at this photo",
                host=run.host,
            )
    connection.execute(
        runs.update().where(runs.c.state == RunState.RUNNING).values(state=RunState.FAILED)
    )


def insert_run(
    connection: Connection, run_id: str, command: str, settings: dict[str, object]
) -> None:
    """Record that a run of this process has started."""
    connection.execute(
        runs.insert().values(
            run_id=run_id,
            command=command,
            state=RunState.RUNNING,
            host=socket.gethostname(),
            pid=os.getpid(),
            settings=json.dumps(settings),
            started_at=utc_now(),
        )
    )


def set_under_way(connection: Connection, under_way: UnderWay, run_id: str | None) -> None:
    """Record the photos that a run's own process is at, for the case that it dies of them."""
    photo_ids = json.dumps([file.photo_id for file in under_way.files])
    connection.execute(runs.update().where(runs.c.run_id == run_id).values(under_way=photo_ids))


def set_progress(connection: Connection, run_id: str, **counts: float) -> None:
    """Record how far a run is: `due`, `done`, `failed` and `seconds`, as they are now."""
    connection.execute(runs.update().where(runs.c.run_id == run_id).values(**counts))


def end_run(connection: Connection, run_id: str, state: RunState, **counts: float) -> None:
    """Record how a run ended, with its counts."""
    connection.execute(
        runs.update()
        .where(runs.c.run_id == run_id)
        .values(state=state, finished_at=utc_now(), under_way=None, **counts)
    )

"""Catalogs in PostgreSQL: connections, and the lock that lets one run write at a time.

The tables lie in the connection's current schema, so that one database can hold the catalogs of
several libraries (`?options=-csearch_path%3DNAME` in the address).
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from schemas.errors import LibraryBusyError, UsageError
from schemas.extras import how_to_install

# A dead peer is detected within a minute, and its lock is released.
_CONNECT: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
POSTGRES_HOLDER = "{0} (process {1} on {2})"  # command, process, host; an application name
_NAME_BYTES = 63  # PostgreSQL cuts longer application names
# Two numbers: ours, and the schema's, for each schema is a catalog of its own.
_LOCK = "hashtext('sharp-batch'), hashtext(current_schema())"


def postgres_engine(url: sa.URL, *, read_only: bool = False, name: str = "sharp-batch") -> Engine:
    """Return an engine; the server's administrator sees its connections under `name`.

    Raises UsageError where psycopg is not installed.
    """
    try:
        engine = sa.create_engine(
            url,
            poolclass=sa.pool.NullPool,
            connect_args={**_CONNECT, "application_name": name.encode()[:_NAME_BYTES].decode()},
        )
    except ImportError as error:
        raise UsageError(
            "a catalog in PostgreSQL needs psycopg", f"Get it: {how_to_install('postgres')}"
        ) from error
    if read_only:

        @sa.event.listens_for(engine, "connect")
        def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - psycopg is optional
            connection.read_only = True

    return engine


@contextlib.contextmanager
def hold_postgres(url: sa.URL, command: str) -> Iterator[None]:
    """Hold the catalog at `url`. The server releases the lock when the connection dies.

    Raises LibraryBusyError at once where another run holds it.
    """
    holder = POSTGRES_HOLDER.format(command, os.getpid(), socket.gethostname())
    engine = postgres_engine(url, name=holder)
    with contextlib.closing(engine.connect()) as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(sa.text(f"SELECT pg_try_advisory_lock({_LOCK})")):
            shown = url.render_as_string(hide_password=True)
            raise LibraryBusyError(
                f"the catalog {shown} is held by {_holder(connection)}",
                "Wait until it has ended, or stop it; 'sharp-batch status' can be used meanwhile.",
            )
        try:
            yield
        finally:
            # Closing the connection releases it too, a moment later. A broken one has released it.
            with contextlib.suppress(sa.exc.DBAPIError):
                connection.execute(sa.text(f"SELECT pg_advisory_unlock({_LOCK})"))
    engine.dispose()


def _holder(connection: Connection) -> str:
    query = (
        "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND (l.classid::bigint, l.objid::bigint) = "
        "(hashtext('sharp-batch')::bigint & 4294967295, "
        "hashtext(current_schema())::bigint & 4294967295)"
    )
    return connection.scalar(sa.text(query.replace("::", "\\:\\:"))) or "another run"

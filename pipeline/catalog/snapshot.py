"""The catalog as Parquet files, one per table, for DuckDB, pandas and Spark."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.layout import SnapshotPath
from pipeline.store.store import Store
from schemas.arrow import snapshot_columns, snapshot_tables, table_schema
from schemas.records import StoredFile

_ROWS = 20_000  # in memory at a time


def write_snapshot(connection: Connection, store: Store) -> list[StoredFile]:
    """Write `catalog/<table>.parquet` for every table, each whole or not at all."""
    return [
        store.write(SnapshotPath(table.name).path, partial(_write_table, connection, table))
        for table in snapshot_tables()
    ]


def _write_table(connection: Connection, table: sa.Table, file: BinaryIO) -> None:
    schema = table_schema(table)
    key = [column.asc() for column in table.primary_key.columns]
    rows = connection.execute(
        sa.select(*snapshot_columns(table)).order_by(*key), execution_options={"yield_per": _ROWS}
    ).mappings()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in rows.partitions():
            writer.write_table(pa.Table.from_pylist([dict(row) for row in chunk], schema))

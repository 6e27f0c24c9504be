"""Arrow schemas of the catalog's Parquet files, made from the typed tables: one truth for both.

A column's unit is in its field's metadata, derived from the ending of its name.
"""

from __future__ import annotations

from dataclasses import fields

import pyarrow as pa
import sqlalchemy as sa

from schemas.context_tables import places, tags
from schemas.records import RECORD_LISTS, PhotoRecord
from schemas.table_metadata import NOT_IN_SNAPSHOT, SINCE, metadata
from schemas.tables import CATALOG_VERSION, photos, scenes

_UNITS = {
    "_m": "metre",
    "_mm": "millimetre",
    "_35mm": "millimetre, 35 mm equivalent",
    "_px": "pixel",
    "_seconds": "second",
    "_ns": "nanosecond since 1970, UTC",
    "bytes": "byte",
    "latitude": "degree, south negative",
    "longitude": "degree, west negative",
    "taken_at": "local time of the photo",
    "_at": "UTC",
    "_utc": "UTC",
    "width": "pixel",
    "height": "pixel",
}


def table_schema(table: sa.Table) -> pa.Schema:
    """Return the Arrow schema of one table of the catalog, as a snapshot holds it."""
    return pa.schema(
        [_field(column) for column in snapshot_columns(table)],
        metadata={"sharp_batch_table": table.name, "catalog_version": str(CATALOG_VERSION)},
    )


def record_schema() -> pa.Schema:
    """Return the Arrow schema of a query's records."""
    tables = (places, scenes, photos)  # where several have a column, the last counts
    columns = {column.name: column for table in tables for column in table.columns}
    columns["created_at"] = scenes.c.created_at
    columns["label"] = tags.c.name
    return pa.schema(
        [
            pa.field(field.name, pa.list_(pa.string()))
            if field.name in RECORD_LISTS
            else _field(columns[field.name], nullable=field.name not in ("photo_id", "state"))
            for field in fields(PhotoRecord)
        ]
    )


def snapshot_tables(version: int = CATALOG_VERSION) -> list[sa.Table]:
    """Return the tables that a snapshot of `version` holds, in an order to rebuild them in.

    Not in it are what follows from other tables, and links: a revoked one must not come back.
    """
    return [
        table
        for table in metadata.sorted_tables
        if table.name != "catalog_info"
        and not table.info.get(NOT_IN_SNAPSHOT)
        and table.info.get(SINCE, 1) <= version
    ]


def snapshot_columns(table: sa.Table) -> list[sa.Column[object]]:
    """Return the columns of a table that a snapshot holds."""
    return [column for column in table.columns if not column.info.get(NOT_IN_SNAPSHOT)]


def _field(column: sa.Column[object], nullable: bool | None = None) -> pa.Field:
    unit = next((unit for end, unit in _UNITS.items() if column.name.endswith(end)), None)
    return pa.field(
        column.name,
        _arrow_type(column.type),
        nullable=bool(column.nullable) if nullable is None else nullable,
        metadata={"unit": unit} if unit else None,
    )


def _arrow_type(kind: sa.types.TypeEngine[object]) -> pa.DataType:
    if isinstance(kind, sa.BigInteger):
        return pa.int64()
    if isinstance(kind, sa.Integer):
        return pa.int32()
    if isinstance(kind, sa.Boolean):
        return pa.bool_()
    if isinstance(kind, sa.Float):
        return pa.float64()
    if isinstance(kind, sa.DateTime):
        return pa.timestamp("us")
    if isinstance(kind, sa.String):
        return pa.string()
    raise TypeError(f"no Arrow type for the column type {kind!r}")

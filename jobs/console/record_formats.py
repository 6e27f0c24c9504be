"""Write photo records for programs: JSON, JSON lines, CSV, Parquet, or paths only."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from enum import StrEnum
from io import TextIOWrapper
from typing import BinaryIO

from jobs.console.output import json_text
from pipeline.catalog.text import path_bytes
from schemas.records import RECORD_LISTS, PhotoRecord

Writer = Callable[[Iterator[PhotoRecord], BinaryIO], None]


class QueryFormat(StrEnum):
    """The output format of records."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    PATHS = "paths"


def as_dict(record: PhotoRecord) -> dict[str, object]:
    """Return the fields of a record in their documented order."""
    lists = {name: list(getattr(record, name)) for name in RECORD_LISTS}
    return {**asdict(record), **lists}


def _write_json(records: Iterator[PhotoRecord], file: BinaryIO) -> None:
    file.write(b"[")
    for index, record in enumerate(records):
        file.write(f"{',' if index else ''}\n{json_text(as_dict(record))}".encode())
    file.write(b"\n]\n")


def _write_jsonl(records: Iterator[PhotoRecord], file: BinaryIO) -> None:
    for record in records:
        file.write(f"{json_text(as_dict(record))}\n".encode())


def _write_csv(records: Iterator[PhotoRecord], file: BinaryIO) -> None:
    text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(field.name for field in fields(PhotoRecord))
    for record in records:
        row = as_dict(record)
        row |= {name: ";".join(getattr(record, name)) for name in RECORD_LISTS}
        writer.writerow("" if value is None else value for value in row.values())
    text.detach()


def _write_parquet(records: Iterator[PhotoRecord], file: BinaryIO) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from schemas.arrow import record_schema

    rows = [as_dict(record) for record in records]
    pq.write_table(pa.Table.from_pylist(rows, record_schema()), file, compression="zstd")


def _write_paths(records: Iterator[PhotoRecord], file: BinaryIO) -> None:
    for record in records:
        if record.paths:
            file.write(path_bytes(record.paths[0]) + b"\n")


WRITERS: dict[QueryFormat, Writer] = {
    QueryFormat.JSON: _write_json,
    QueryFormat.JSONL: _write_jsonl,
    QueryFormat.CSV: _write_csv,
    QueryFormat.PARQUET: _write_parquet,
    QueryFormat.PATHS: _write_paths,
}

"""`sharp-batch query`: the photos that filters select, as a table or for programs."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from enum import StrEnum
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.table import Table

from jobs.commands import filter_options, options
from jobs.console.output import Output, ignore_broken_pipe, json_text, size_text
from pipeline.catalog.query import RECORD_FIELDS, find
from pipeline.catalog.text import path_bytes, path_text
from pipeline.library import Library
from pipeline.store.store import Store
from schemas.errors import RunError, UsageError
from schemas.records import PhotoRecord


class QueryFormat(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    PATHS = "paths"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("query")(query)


def query(
    state: filter_options.State = None,
    reason: filter_options.Reason = None,
    model: filter_options.Model = None,
    camera: filter_options.Camera = None,
    lens: filter_options.Lens = None,
    after: filter_options.After = None,
    before: filter_options.Before = None,
    near: filter_options.Near = None,
    path: filter_options.PathGlob = None,
    text: filter_options.Text = None,
    where: filter_options.Where = None,
    order: filter_options.Order = None,
    limit: filter_options.Limit = None,
    format: Annotated[  # noqa: A002 - the option's name
        QueryFormat, typer.Option(help="How to print; 'paths' gives one photo path a line.")
    ] = QueryFormat.TABLE,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to a file instead.")
    ] = None,
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List photos, one record each with the best scene it has, by capture time.

    A record's fields, for --where and --order: photo_id, scene_id, state, reason, message, model,
    format, splat_path, splat_bytes, gaussians, width, height, focal_px, focal_source, taken_at,
    taken_at_offset, camera_make, camera_model, lens_model, latitude, longitude, altitude_m,
    depth_near_m, depth_median_m, created_at. Times in --where are quoted: "taken_at < '2020'".
    """
    filters = filter_options.make_filters(
        state=state,
        reason=reason,
        model=model,
        camera=camera,
        lens=lens,
        after=after,
        before=before,
        near=near,
        path=path,
        text=text,
        where=where,
        order=order,
        limit=limit,
    )
    chosen = QueryFormat.JSON if json else format
    if to is not None:
        _check_output(to, chosen)
    opened = Library.resolve(library, catalog)
    with opened.read() as connection:
        records = (_with_whole_path(record, opened.store) for record in find(connection, filters))
        if to is not None:
            _write_file(partial(_WRITERS[chosen], records), to)
        elif chosen is QueryFormat.TABLE:
            _print_table(Output(json, quiet, verbose), records)
        elif chosen is QueryFormat.PARQUET and sys.stdout.isatty():
            raise UsageError("Parquet is no text for a terminal", "Add --output FILE.parquet.")
        else:
            with ignore_broken_pipe():
                _WRITERS[chosen](records, sys.stdout.buffer)


def as_dict(record: PhotoRecord) -> dict[str, object]:
    """Return a record's fields in their documented order."""
    values = asdict(record)
    values["paths"] = list(record.paths)
    return {name: values[name] for name in RECORD_FIELDS}


def _with_whole_path(record: PhotoRecord, store: Store) -> PhotoRecord:
    if record.splat_path is None:
        return record
    return replace(record, splat_path=path_text(store.address(record.splat_path)))


def _check_output(to: Path, chosen: QueryFormat) -> None:
    if chosen is QueryFormat.TABLE:
        raise UsageError("--output needs a format for files", "Add --format csv, for example.")
    if to.is_dir():
        raise UsageError(f"--output {to} is a folder", "Name a file in it.")
    if not to.parent.is_dir():
        raise UsageError(f"--output {to}: there is no folder {to.parent}", "Make it first.")


def _write_file(write: Callable[[BinaryIO], None], to: Path) -> None:
    """Fill a file, whole or not at all: an old one stays until the new one is complete."""
    try:
        if to.exists() and not to.is_file():  # a device or a pipe: nothing to keep, or to replace
            with to.open("wb") as file:
                write(file)
        else:
            target = Path(os.path.realpath(to))
            Store(target.parent).write(target.name, write)
    except RunError as error:
        raise UsageError(f"--output: {error.message}") from error
    except OSError as error:
        raise UsageError(f"--output {to} cannot be written: {error.strerror}") from error


def _print_table(output: Output, records: Iterator[PhotoRecord]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("photo", "state", "taken", "camera", "size", "focal", "model", "splat", "path"):
        table.add_column(name, no_wrap=True, overflow="fold" if name == "path" else "ellipsis")
    count = 0
    for record in records:
        count += 1
        state = record.state + (f": {record.reason}" if record.reason else "")
        table.add_row(
            record.photo_id[:8],
            state,
            f"{record.taken_at:%Y-%m-%d %H:%M}" if record.taken_at else "",
            record.camera_model or record.camera_make or "",
            f"{record.width}x{record.height}" if record.width else "",
            f"{record.focal_px:.0f} px" if record.focal_px else "",
            record.model or "",
            size_text(record.splat_bytes) if record.splat_bytes else "",
            record.paths[0] if record.paths else "(gone)",
        )
    if count:
        output.out.print(table)
    output.note(f"{count} photos")


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
    writer.writerow(RECORD_FIELDS)
    for record in records:
        row = as_dict(record)
        row["paths"] = ";".join(record.paths)
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


_WRITERS: dict[QueryFormat, Callable[[Iterator[PhotoRecord], BinaryIO], None]] = {
    QueryFormat.JSON: _write_json,
    QueryFormat.JSONL: _write_jsonl,
    QueryFormat.CSV: _write_csv,
    QueryFormat.PARQUET: _write_parquet,
    QueryFormat.PATHS: _write_paths,
}

"""`sharp-batch query`: the photos that filters select, as a table or for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from jobs.console.columns import column_lines
from jobs.console.output import Output, ignore_broken_pipe, size_text
from jobs.console.record_formats import WRITERS, QueryFormat
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filters import Filters
from schemas.count_text import count_text
from schemas.errors import RunError, UsageError
from schemas.path_text import path_text
from schemas.records import RECORD_LISTS, PhotoRecord

if TYPE_CHECKING:
    from pipeline.store.store import Store

_HEAD = ("photo", "state", "taken", "camera", "size", "focal", "model", "splat", "path")


def register(app: typer.Typer) -> None:
    """Add the command."""
    names = ", ".join(one.name for one in fields(PhotoRecord) if one.name not in RECORD_LISTS)
    text = (
        f"{cleandoc(query.__doc__ or '')}\n\nA record's fields, for --where and --order: {names}."
    )
    app.command("query", help=text)(with_options(query))


def query(
    filters: Filters,
    place: LibraryOptions,
    output: PlainOutput,
    format: Annotated[  # noqa: A002 - the option's name
        QueryFormat, typer.Option(help="Output format; 'paths' prints one photo path per line.")
    ] = QueryFormat.TABLE,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="Output file; default: the terminal.")
    ] = None,
) -> None:
    """List photos in order of capture time, each with its best scene.

    Quote times in --where: "taken_at < '2020'".
    """
    # Imported here: help and mistakes need no database.
    from pipeline.catalog.query import find

    chosen = QueryFormat.JSON if output.as_json else format
    if to is not None:
        _check_output(to, chosen)
    library = place.resolve()
    warn_of_unmatched(output, library, filters)
    with library.read() as connection:
        records = (_with_whole_path(record, library.store) for record in find(connection, filters))
        if to is not None:
            _write_file(partial(WRITERS[chosen], records), to)
        elif chosen is QueryFormat.TABLE:
            _print_table(output, records)
        elif chosen is QueryFormat.PARQUET and sys.stdout.isatty():
            raise UsageError(
                "Parquet cannot be printed to a terminal", "Add --output FILE.parquet."
            )
        else:
            with ignore_broken_pipe(sys.stdout):
                WRITERS[chosen](records, sys.stdout.buffer)


def _with_whole_path(record: PhotoRecord, store: Store) -> PhotoRecord:
    if record.splat_path is None:
        return record
    return replace(record, splat_path=path_text(store.address(record.splat_path)))


def _check_output(to: Path, chosen: QueryFormat) -> None:
    if chosen is QueryFormat.TABLE:
        raise UsageError("--output needs a format for files", "Add --format csv, for example.")
    if to.is_dir():
        raise UsageError(f"--output {to} is a folder", "Give a file in it.")
    if not to.parent.is_dir():
        raise UsageError(f"--output {to}: there is no folder {to.parent}", "Create it first.")


def _write_file(write: Callable[[BinaryIO], None], to: Path) -> None:
    """Fill a file, whole or not at all: an old one stays until the new one is complete."""
    from pipeline.store.store import Store

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
    count = 0
    is_whole = False  # where the reader leaves early, nobody counts the rest

    def rows() -> Iterator[tuple[str, ...]]:
        nonlocal count, is_whole
        for record in records:
            yield _row(record)
            count += 1
        is_whole = True

    output.lines(column_lines(_HEAD, rows()))
    if is_whole:
        output.note(count_text(count, "photo"))


def _row(record: PhotoRecord) -> tuple[str, ...]:
    """Return the columns of `_HEAD`."""
    return (
        record.photo_id[:8],
        record.state + (f": {record.reason}" if record.reason else ""),
        f"{record.taken_at:%Y-%m-%d %H:%M}" if record.taken_at else "",
        record.camera_model or record.camera_make or "",
        f"{record.width}x{record.height}" if record.width else "",
        f"{record.focal_px:.0f} px" if record.focal_px else "",
        record.model or "",
        size_text(record.splat_bytes) if record.splat_bytes else "",
        record.paths[0] if record.paths else "(gone)",
    )

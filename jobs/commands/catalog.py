"""`sharp-batch catalog snapshot|migrate|import`: a catalog as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.commands import options
from jobs.console.output import Output, size_text

commands = typer.Typer(
    help="The catalog as a whole: snapshot, upgrade, rebuild.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="catalog")


@commands.command("snapshot")
def snapshot(
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write the catalog's Parquet files now; each run that changes something does so too."""
    from jobs.maintenance.catalog import take_snapshot
    from pipeline.library import Library

    files = take_snapshot(Library.resolve(library, catalog))
    size = size_text(sum(file.bytes for file in files))
    document = [{"path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in files]
    text = f"{len(files)} tables ({size}) in {library}/catalog"
    Output(json, quiet, verbose).result(document, text)


@commands.command("migrate")
def migrate(
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Bring the catalog of an older sharp-batch to today's version; a copy of the old is kept.

    In PostgreSQL the copy is yours to make: pg_dump does it.
    """
    from jobs.maintenance.catalog import upgrade
    from pipeline.library import Library

    done = upgrade(Library.resolve(library, catalog))
    document = {"from": done.from_version, "to": done.to_version, "backup": done.backup}
    if done.from_version == done.to_version:
        text = f"The catalog has version {done.to_version} already."
    else:
        text = f"The catalog has version {done.to_version} now; before, {done.from_version}."
        if done.backup is not None:
            text += f"\nThe old one is kept as {done.backup}"
    Output(json, quiet, verbose).result(document, text)


@commands.command("import")
def import_(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of the photos, for scenes that are newer than the snapshot.",
            metavar="[PHOTOS]...",
        ),
    ] = None,
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Rebuild a lost catalog from the library's Parquet snapshot and scene files.

    It is also the way from SQLite to PostgreSQL: 'catalog snapshot', then 'catalog import
    --catalog URL'. Of scenes newer than the snapshot, the time they took, the run they came from,
    the depth scale and the previews cannot be had back; all else is read from their photos.
    """
    from jobs.maintenance.catalog import import_catalog
    from pipeline.library import Library

    output = Output(json, quiet, verbose)
    report = import_catalog(Library.resolve(library, catalog), photos or (), output)
    rows = ", ".join(f"{count} {name}" for name, count in report.rows.items())
    lines = [f"The catalog is there again: {rows}"]
    for count, text in (
        (report.adopted, "scenes were newer than the snapshot, and are known again"),
        (report.missing, "scenes have lost their files: their photos are due again"),
        (report.loose, "scene files belong to photos that were not found"),
    ):
        if count:
            lines.append(f"{count} {text}")
    output.result(report.as_dict(), "\n".join(lines))

"""`sharp-batch catalog snapshot|migrate|import`: a catalog as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from jobs.console.output import size_text

commands = typer.Typer(
    help="Export, upgrade or rebuild the catalog.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="catalog")


@commands.command("snapshot")
@with_options
def snapshot(
    place: LibraryOptions,
    output: PlainOutput,
) -> None:
    """Write the catalog's Parquet snapshot; each run that changes the catalog also does."""
    from jobs.maintenance.catalog import take_snapshot

    files = take_snapshot(place.resolve())
    size = size_text(sum(file.bytes for file in files))
    document = [{"path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in files]
    text = f"{len(files)} tables ({size}) in {place.library}/catalog"
    output.result(document, text)


@commands.command("migrate")
@with_options
def migrate(
    place: LibraryOptions,
    output: PlainOutput,
) -> None:
    """Upgrade the catalog of an older sharp-batch to the current version and keep a backup.

    A PostgreSQL catalog is not backed up: use pg_dump first.
    """
    from jobs.maintenance.catalog import upgrade

    done = upgrade(place.resolve())
    document = {"from": done.from_version, "to": done.to_version, "backup": done.backup}
    if done.from_version == done.to_version:
        text = f"The catalog already has version {done.to_version}."
    else:
        text = f"The catalog is upgraded from version {done.from_version} to {done.to_version}."
        if done.backup is not None:
            text += f"\nBackup of the old catalog: {done.backup}"
    output.result(document, text)


@commands.command("import")
@with_options
def import_(
    place: LibraryOptions,
    output: PlainOutput,
    photos: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of the photos, for scenes newer than the snapshot.",
            metavar="[PHOTOS]...",
        ),
    ] = None,
) -> None:
    """Rebuild a lost catalog from the library's Parquet snapshot and scene files.

    To move from SQLite to PostgreSQL, run 'catalog snapshot', then 'catalog import --catalog URL'.
    For scenes newer than the snapshot, processing times, the run, the depth scale and previews are
    lost; the rest is read from their photos.
    """
    from jobs.maintenance.catalog import import_catalog

    report = import_catalog(place.resolve(), photos or (), output)
    rows = ", ".join(f"{count} {name}" for name, count in report.rows.items())
    lines = [f"The catalog is rebuilt: {rows}"]
    for count, text in (
        (report.adopted, "scenes newer than the snapshot were added from their files"),
        (report.missing, "scene files are missing: their photos are due again"),
        (report.loose, "scene files have no matching photo"),
    ):
        if count:
            lines.append(f"{count} {text}")
    output.result(report.as_dict(), "\n".join(lines))

"""`sharp-batch show`: everything about one photo, or about one splat file."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput, SplatInput, check_are_here
from schemas.errors import UsageError
from sharp_core.formats.registry import foreign_splat, format_of, is_splat_name

if TYPE_CHECKING:
    from pipeline.scenes.splat_details import SplatDetails

_PLACE_FIELDS = ("location", "city", "region", "country")
# They may be of the photo's own metadata, whose source is a value of its own.
_OWN_SOURCE = ("taken_at", "taken_at_offset", "latitude", "longitude", "altitude_m")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show")(with_options(show))


def show(
    photo: Annotated[
        str,
        typer.Argument(
            help="Path of a photo, a photo_id or scene_id or its first digits, or a splat file.",
            metavar="ID_OR_PATH",
        ),
    ],
    place: LibraryOptions,
    splat_input: SplatInput,
    output: PlainOutput,
) -> None:
    """Show the catalog's data of one photo, or the contents of one splat file."""
    if is_splat_name(photo):
        check_are_here(Path(photo))
        if not Path(photo).is_file():
            raise UsageError(f"there is no splat file {photo}")
        from pipeline.scenes.splat_details import splat_details  # torch takes seconds

        splat = splat_details(Path(photo), splat_input.axes)
        for note in splat.notes:
            output.warn(f"{photo}: {note}")
        output.result(asdict(splat), _splat_text(splat))
        return
    if foreign_splat(photo) and Path(photo).exists():
        format_of(photo)  # says what it is, and which formats can be read
    if splat_input != SplatInput():
        raise UsageError("--axes is for splat files", "Omit it.")
    from pipeline.catalog.photo_details import photo_details
    from pipeline.context.of_photo import context_sources

    with place.resolve().read() as connection:
        details = photo_details(connection, photo, Path.cwd())
        sources = context_sources(connection, str(details["photo_id"]))
    output.result({**details, "sources": sources}, _text(details, sources))


def _splat_text(splat: SplatDetails) -> str:
    facts: dict[str, object] = {
        "path": splat.path,
        "format": splat.format,
        "bytes": splat.bytes,
        "gaussians": splat.gaussians,
        "sh_degree": splat.sh_degree,
    }
    for axis, least, greatest in zip("xyz", splat.least, splat.greatest, strict=True):
        facts[axis] = f"{least:.6g} to {greatest:.6g} m"
    for name, depth in zip(("near", "median", "far"), splat.depths_m or (), strict=False):
        facts[f"depth_{name}_m"] = depth
    return "\n".join(_lines(facts | (asdict(splat.photo) if splat.photo else {})))


def _text(details: dict[str, object], sources: dict[str, list[str]]) -> str:
    lines = []
    for name, value in details.items():
        source = _source_of(name, details, sources)
        if not isinstance(value, list):
            lines += _lines({name: value}, source)
        elif name == "paths":
            lines += [_path_line(**path) for path in value]
        elif name == "group":
            lines += [_line("group", f"{item['path']} ({item['state']})") for item in value]
        elif all(isinstance(item, str) for item in value):
            lines += _lines({name: "; ".join(value) or None}, source)
        else:
            for index, item in enumerate(value, 1):
                lines += ["", f"{name.removesuffix('s')} {index}", *_lines(item)]
    return "\n".join(lines)


def _source_of(name: str, details: dict[str, object], sources: dict[str, list[str]]) -> str:
    """Return where a value comes from, in brackets behind it; "" where nothing says so."""
    by = sources.get(name)
    if name in _PLACE_FIELDS and not by:
        by = [str(details["place_source"])] if details["place_source"] else None
    return f" ({', '.join(by)})" if by and name not in _OWN_SOURCE else ""


def _path_line(path: str, missing_at: datetime | None, skip_reason: str | None) -> str:
    gone = f" (gone since {missing_at:%Y-%m-%d})" if missing_at else ""
    return _line("path", path + (f" (skipped: {skip_reason})" if skip_reason else "") + gone)


def _lines(values: dict[str, object], source: str = "") -> list[str]:
    return [_line(name, value) + source for name, value in values.items() if value is not None]


def _line(name: str, value: object) -> str:
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{name:<20}{shown}"

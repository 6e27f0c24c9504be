"""`sharp-batch share list|revoke`: the links by which others see photos in the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from schemas.count_text import count_text
from schemas.errors import UsageError

if TYPE_CHECKING:
    from pipeline.catalog.shares import ListedShare

commands = typer.Typer(
    help="List and revoke the links that were made in the gallery.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="share")


@commands.command("list")
@with_options
def list_links(place: LibraryOptions, output: PlainOutput) -> None:
    """List the links, the newest first. A link itself is shown once, when it is made."""
    # Imported here: help and mistakes need no database.
    from pipeline.catalog.shares import list_shares

    library = place.resolve()
    with library.read() as connection:
        found = list_shares(connection)
    document = [{**one.share._asdict(), "photos": one.photos, "over": one.is_over} for one in found]
    output.result(document, "\n".join(map(_line, found)) or "No photos are shared.")


@commands.command("revoke")
@with_options
def revoke(
    place: LibraryOptions,
    output: PlainOutput,
    links: Annotated[
        list[str] | None, typer.Argument(help="Links, as 'share list' names them.", metavar="LINK")
    ] = None,
    revoke_all: Annotated[bool, typer.Option("--all", help="Revoke all links.")] = False,
) -> None:
    """End links at once: nobody can open them any more."""
    if bool(links) == revoke_all:
        raise UsageError("name links to revoke, or --all", "See: sharp-batch share list")
    from pipeline.catalog.shares import list_shares, revoke_shares

    library = place.resolve()
    library.check_exists()
    with library.note() as connection:
        known = [one.share.share_id for one in list_shares(connection)]
        chosen = known if links is None else list(dict.fromkeys(links))
        if unknown := sorted(set(chosen) - set(known)):
            raise UsageError(f"there is no link {unknown[0]}", "See: sharp-batch share list")
        revoke_shares(connection, chosen)
    output.result({"revoked": chosen}, f"{count_text(len(chosen), 'link')} revoked")


def _line(listed: ListedShare) -> str:
    share = listed.share
    if share.expires_at is None:
        end = "without an end"
    else:
        end = f"{'ended' if listed.is_over else 'until'} {share.expires_at:%Y-%m-%d %H:%M} UTC"
    noun = "photo " if listed.photos == 1 else "photos"
    return f"{share.share_id}  {listed.photos:5} {noun}  {end}  {share.title}"

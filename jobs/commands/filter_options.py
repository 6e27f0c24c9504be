"""The filters of a query as options, for every command that works on what a query selects."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.catalog.query import MAX_LIMIT, Filters, parse_place, parse_time
from schemas.records import PhotoState

State = Annotated[PhotoState | None, typer.Option(help="Only photos in this state.")]
Reason = Annotated[str | None, typer.Option(help="Only this failure or skip reason.")]
Model = Annotated[str | None, typer.Option(help="Only scenes of this model.")]
Camera = Annotated[str | None, typer.Option(help="Part of the camera's make or model.")]
Lens = Annotated[str | None, typer.Option(help="Part of the lens's name.")]
After = Annotated[
    str | None, typer.Option(help="Taken then or later: 2019, 2019-07, 2019-07-14T18:30.")
]
Before = Annotated[str | None, typer.Option(help="Taken earlier than that.")]
Near = Annotated[str | None, typer.Option(metavar="LAT,LON,KM", help="Taken within KM of a place.")]
PathGlob = Annotated[str | None, typer.Option(help="Glob over whole paths, as in '*/2019/*'.")]
Text = Annotated[
    str | None, typer.Option(help="Words, each of them in the path, the camera or the lens.")
]
Where = Annotated[
    str | None,
    typer.Option(help="SQL expression over a record's fields, as in 'gaussians > 1e6'."),
]
Order = Annotated[str | None, typer.Option(help="Field to sort by, '-' before it for the reverse.")]
Limit = Annotated[int | None, typer.Option(help="At most this many.", min=1, max=MAX_LIMIT)]


def make_filters(
    *,
    state: str | None = None,
    reason: str | None = None,
    model: str | None = None,
    camera: str | None = None,
    lens: str | None = None,
    after: str | None = None,
    before: str | None = None,
    near: str | None = None,
    path: str | None = None,
    text: str | None = None,
    where: str | None = None,
    order: str | None = None,
    limit: int | None = None,
) -> Filters:
    """Return the filters that options ask for. Raises UsageError."""
    return Filters(
        state=state,
        reason=reason,
        model=model,
        camera=camera,
        lens=lens,
        after=parse_time("--after", after) if after else None,
        before=parse_time("--before", before) if before else None,
        near=parse_place(near) if near else None,
        path=path,
        text=text,
        where=where,
        order=order,
        limit=limit,
    )

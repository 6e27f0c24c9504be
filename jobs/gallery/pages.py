"""Routes of pages: photos by capture time, one photo with its scene, problems, and places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

from fastapi import Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.gallery.address import FilteredView, read_view
from jobs.gallery.context_facts import context_facts
from jobs.gallery.date_texts import day_text
from jobs.gallery.downloads import downloads_of, exports_of, original_link
from jobs.gallery.fact_links import fact_links, folder_links
from jobs.gallery.media import Id, is_viewer_built
from jobs.gallery.photo_facts import photo_facts, technical_facts
from jobs.gallery.reader import LibraryReader, library_reader
from jobs.gallery.rendering import language_for, render
from jobs.gallery.router import Router
from jobs.gallery.texts import shown_text
from pipeline.catalog.counts import count_scored, count_selected
from pipeline.catalog.filters import Filters
from pipeline.catalog.group_rows import has_groups
from pipeline.catalog.periods import Timeline, read_periods, read_timeline
from pipeline.catalog.photo_details import photo_details
from pipeline.catalog.status import count_states, read_status
from pipeline.catalog.timeline import (
    ScoredPhoto,
    read_beside,
    read_best,
    read_choices,
    read_period,
    read_photo_list,
)
from pipeline.context.of_photo import context_sources
from pipeline.scenes.page import VIEWER_FORMAT
from schemas.errors import UsageError
from schemas.groups import GroupKind
from schemas.records import PhotoState

router = Router()
PAGE = 400  # photos of a period at a time
LIST_PAGE = 100
BEST_PAGE = 60
MOST_PAGES = 100
MOST_CHOICES = 300
_CLIPS = ("clip", "webp", "gif")  # previews, the best first
_PROBLEM_STATES = (PhotoState.FAILED, PhotoState.SKIPPED, PhotoState.DUE)


@router.read("/")
def library(request: Request) -> Response:
    """Show photos by capture time."""
    view = read_view(request.query_params)
    shown = read_overview(library_reader(request), view)
    return render(
        request,
        "library.html",
        view=view,
        count=sum(period.photos for period in shown.timeline.periods),
        **shown._asdict(),
    )


class _Overview(NamedTuple):
    """What the first page shows of a view."""

    timeline: Timeline
    states: dict[str, int]
    is_stacked: bool


def read_overview(reader: LibraryReader, view: FilteredView, content: object = None) -> _Overview:
    """Return what the first page shows of a view, remembered, also for the same `content`.

    Raises StoreError.
    """
    return reader.remembered(("library", *view.texts.items()), view, _overview, content)


def _overview(connection: Connection, view: FilteredView) -> _Overview:
    filters, both = view.of_state(PhotoState.DONE), view.with_flat()
    if both is None:
        timeline = Timeline(read_periods(connection, filters), 0)
    else:
        timeline = read_timeline(connection, both)
    is_stacked = bool(filters.one_per_group) and has_groups(connection)
    return _Overview(timeline, count_states(connection), is_stacked)


@router.read("/api/periods")
def periods(request: Request) -> Response:
    """Return the periods of a view with their numbers of photos, and how many are not shown.

    Every open page asks for them after each change that it is told of: they are read once for all.
    """
    view, live = read_view(request.query_params), request.app.state.live
    shown = read_overview(library_reader(request), view, live.content)
    found = {"periods": shown.timeline.periods, "flat": shown.timeline.flat}
    return JSONResponse({**found, "states": shown.states})


@router.read("/best")
def best(request: Request, page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1) -> Response:
    """Show the scenes with the best scores."""
    view = read_view(request.query_params)

    def read(connection: Connection, filters: Filters) -> tuple[list[ScoredPhoto], int, int]:
        found = read_best(connection, filters, BEST_PAGE + 1, skip=(page - 1) * BEST_PAGE)
        if not found:
            return found, 0, count_selected(connection, filters)
        return found, count_scored(connection, filters), 0

    key = ("best", page, *view.texts.items())
    found, count, unscored = library_reader(request).remembered(
        key, view.of_state(PhotoState.DONE), read
    )
    has_more = len(found) > BEST_PAGE and page < MOST_PAGES
    return render(
        request,
        "best.html",
        view=view,
        photos=found[:BEST_PAGE],
        count=count,
        unscored=unscored,
        page=page,
        more=view.query(page=str(page + 1)) if has_more else None,
        less=view.query(page=str(page - 1)) if page > 1 else None,
    )


@router.read("/api/choices")
def choices(request: Request) -> Response:
    """Return the values that the filters offer."""
    with library_reader(request).catalog() as connection:
        found = read_choices(connection)
    return JSONResponse({name: values[:MOST_CHOICES] for name, values in found._asdict().items()})


@router.read("/api/photos")
def photos_of_period(
    request: Request,
    period: Annotated[str, Query(max_length=10)],
    beyond: Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$")] = None,
) -> Response:
    """Return photos of a period, and whether there are more.

    Of each: id, width, height, time, name, and how many photos of its moment it stands for.
    """
    filters = read_view(request.query_params).of_state(PhotoState.DONE)
    with library_reader(request).catalog() as connection:
        found = read_period(connection, filters, period, beyond, PAGE + 1)
    rows = [
        (
            photo.photo_id,
            photo.width,
            photo.height,
            photo.taken_at.isoformat(timespec="minutes") if photo.taken_at else None,
            Path(photo.path).name if photo.path else None,
            photo.of_moment if filters.one_per_group else 1,
        )
        for photo in found[:PAGE]
    ]
    return JSONResponse({"photos": rows, "more": len(found) > PAGE})


@router.read("/photos/{photo_id}")
def photo(request: Request, photo_id: Id) -> Response:
    """Show a photo, its scene, its facts and its downloads."""
    view = read_view(request.query_params)
    with library_reader(request).catalog() as connection:
        details: dict[str, Any] = photo_details(connection, photo_id, Path("/"))
        sources = context_sources(connection, photo_id)
        beside = read_beside(connection, view.of_state(PhotoState.DONE), photo_id)
    scene = next((s for s in details["scenes"] if s["scene_id"] == details["scene_id"]), None)
    paths = [path["path"] for path in details["paths"] if path["missing_at"] is None]
    clip = _clip_of(details["artifacts"], details["scene_id"])
    return render(
        request,
        "photo.html",
        view=view,
        photo=details,
        name=Path(paths[0]).name if paths else photo_id[:8],
        paths=paths,
        scene=scene,
        others=[
            _other_scene(other, language_for(request))
            for other in details["scenes"]
            if other is not scene
        ],
        facts=[*context_facts(details, sources), *photo_facts(details)],
        details=technical_facts(details, scene),
        fact_links=fact_links(details),
        folders=folder_links(paths),
        group_title=_group_title(details),
        clip=clip,
        downloads=[
            *([original_link(photo_id, details["bytes"])] if paths else []),
            *(downloads_of(scene, details["artifacts"]) if scene else []),
        ],
        exports=exports_of(f"/photos/{photo_id}") if scene else [],
        beside=beside,
        is_viewer_built=is_viewer_built(),
    )


@router.read("/problems")
def problems(
    request: Request,
    state: PhotoState = PhotoState.FAILED,
    beyond: Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$")] = None,
) -> Response:
    """List photos without a scene, with the reasons and what to do about them."""
    if state not in _PROBLEM_STATES:
        raise UsageError(
            f"{state}: these photos have scenes", "They are on the first page of the gallery."
        )
    view = read_view(request.query_params)
    filters = view.of_state(state)
    with library_reader(request).catalog() as connection:
        found = read_photo_list(connection, filters, beyond, LIST_PAGE + 1)
        count = count_selected(connection, filters)
        status = read_status(connection)
    page, has_more = found[:LIST_PAGE], len(found) > LIST_PAGE
    return render(
        request,
        "problems.html",
        view=view,
        state=state,
        states=status.photos,
        photos=page,
        more=view.query(state=state, beyond=page[-1].photo_id) if has_more else None,
        count=count,
        by_reason=status.failed if state is PhotoState.FAILED else status.skipped,
    )


def _other_scene(scene: dict[str, Any], language: str) -> dict[str, Any]:
    """Return what the viewer needs to compare a photo's shown scene with another one of it."""
    return {
        "name": f"{scene['model']}, {shown_text(language, day_text(scene['created_at']))}",
        "scene": f"/scenes/{scene['scene_id']}.{VIEWER_FORMAT}",
        "focal": scene["focal_px"],
    }


def _group_title(photo: dict[str, Any]) -> str:
    """Return what joins the photo's group, as a heading."""
    explained = GroupKind.explain(photo["group_kind"]) if photo["group"] else None
    return explained[0].upper() + explained[1:] if explained else ""


def _clip_of(made: list[dict[str, Any]], scene_id: str | None) -> dict[str, Any] | None:
    clips = [item for item in made if item["kind"] in _CLIPS and item["scene_id"] == scene_id]
    return min(clips, key=lambda item: _CLIPS.index(item["kind"]), default=None)

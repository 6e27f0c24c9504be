"""Routes of the slideshow, and of what a viewer needs to go on to another photo's scene."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.gallery.address import FilteredView, read_view
from jobs.gallery.media import Id, is_viewer_built
from jobs.gallery.reader import library_reader
from jobs.gallery.rendering import render
from jobs.gallery.router import Router
from pipeline.catalog.query import find_photo
from pipeline.catalog.scenes import scene_files
from pipeline.catalog.slides import SlideOrder, read_slides
from pipeline.catalog.timeline import read_beside
from pipeline.scenes.page import VIEWER_FORMAT
from schemas.records import PhotoState, SceneFile

router = Router()
SLIDES = 50  # of a list at a time
_SHORTEST_S, _LONGEST_S = 2.0, 3600.0


@router.read("/show")
def show(
    request: Request,
    order: SlideOrder = SlideOrder.DATE,
    kiosk: bool = False,
    eyes: Annotated[str, Query(pattern="^(one|two|squeezed)$")] = "one",
    seconds: Annotated[float, Query(ge=_SHORTEST_S, le=_LONGEST_S)] = 12.0,
) -> Response:
    """Show the slideshow of a view."""
    return render(
        request,
        "slideshow.html",
        view=read_view(request.query_params),
        order=order,
        kiosk=kiosk,
        eyes=eyes,
        seconds=seconds,
        is_viewer_built=is_viewer_built(),
    )


@router.read("/api/slides")
def slides(
    request: Request,
    order: SlideOrder = SlideOrder.DATE,
    skip: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Return slides of a view, and whether there are more."""
    view = read_view(request.query_params)
    filters = view.of_state(PhotoState.DONE)
    with library_reader(request).catalog() as connection:
        found = read_slides(connection, filters, order, skip, SLIDES + 1)
        files = list(scene_files(connection, found[:SLIDES]))
    has_more = len(found) > SLIDES and order is not SlideOrder.SHUFFLE
    return JSONResponse({"slides": [slide_of(file, view) for file in files], "more": has_more})


@router.read("/api/slides/{photo_id}")
def slide(request: Request, photo_id: Id) -> Response:
    """Return the slide of one photo, and the ids of the photos beside it in the view."""
    view = read_view(request.query_params)
    with library_reader(request).catalog() as connection:
        record = find_photo(connection, photo_id)
        if record is None or record.scene_id is None:
            raise HTTPException(404, "The library has no scene of this photo.")
        (file,) = scene_files(connection, [record.scene_id])
        beside = read_beside(connection, view.of_state(PhotoState.DONE), photo_id)
    return JSONResponse({**slide_of(file, view), **beside._asdict()})


def slide_of(scene: SceneFile, view: FilteredView) -> dict[str, Any]:
    """Return what a viewer needs to show a scene, and the address of its photo's page."""
    photo_id = scene.photo.photo_id
    return {
        "photo_id": photo_id,
        "page": f"/photos/{photo_id}{view.query()}",
        "label": Path(scene.photo.path).name,
        "scene": f"/scenes/{scene.scene_id}.{VIEWER_FORMAT}",
        "photo": f"/pictures/{photo_id}.webp",
        "full": f"/pictures/{photo_id}.webp?full=true",
        "width": scene.width,
        "height": scene.height,
        "focal": scene.focal_px,
        "is360": scene.is_360,
    }

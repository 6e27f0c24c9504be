"""Routes of the page "Places": a map that zooms, without a network, and a list of named places."""

from __future__ import annotations

from fastapi import Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.gallery.address import FilteredView, read_view
from jobs.gallery.reader import library_reader
from jobs.gallery.rendering import render
from jobs.gallery.router import Router
from pipeline.catalog.filter_values import GeoArea, parse_area
from pipeline.catalog.geography import Cluster, Places, read_clusters, read_places
from schemas.records import PhotoState

router = Router()


@router.read("/places")
def places(request: Request) -> Response:
    """Show where the photos of a view were taken."""
    view = read_view(request.query_params)
    shown = library_reader(request).remembered(("places", *view.texts.items()), view, _places)
    return render(request, "places.html", view=view, **shown._asdict())


@router.read("/api/map")
def clusters(request: Request, seen: str = Query(max_length=100)) -> Response:
    """Return the clusters of photos in a part of the map: SOUTH,WEST,NORTH,EAST in degrees.

    Of each: latitude, longitude, number of photos, name, and the address of the photos.
    """
    view, area = read_view(request.query_params), parse_area("seen", seen)
    key = ("map", str(area), *view.texts.items())
    found = library_reader(request).remembered(key, (view, area), _clusters)
    rows = [
        (one.latitude, one.longitude, one.photos, one.place, f"/{view.query(area=str(one.area))}")
        for one in found
    ]
    return JSONResponse({"clusters": rows})


def _places(connection: Connection, view: FilteredView) -> Places:
    inside = view.texts.get("place", "")
    return read_places(connection, view.of_state(PhotoState.DONE), inside)


def _clusters(connection: Connection, asked: tuple[FilteredView, GeoArea]) -> list[Cluster]:
    view, area = asked
    return read_clusters(connection, view.of_state(PhotoState.DONE), area)

"""Routes of lists that lead into a library: albums, people, stars, the best of each year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import MAXYEAR
from functools import partial
from typing import NamedTuple

from fastapi import Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response

from jobs.gallery.address import FilteredView, read_view
from jobs.gallery.reader import library_reader
from jobs.gallery.rendering import render
from jobs.gallery.router import Router
from jobs.gallery.texts import Message
from pipeline.catalog.facets import (
    MOST_STARS,
    Facet,
    newest_first,
    read_favorites,
    read_rating_facets,
    read_tag_covers,
    read_tag_facets,
    read_year_facets,
)
from schemas.context import TagKind
from schemas.records import PhotoState

router = Router()
PAGE = 120
MOST_PAGES = 100


class Card(NamedTuple):
    """One entry of a list: its name, how many photos are behind its link, and its cover."""

    name: str
    photos: int
    cover: str
    href: str


class _Cards(NamedTuple):
    """The entries on one page of a list, and whether others follow."""

    cards: list[Card]
    has_more: bool


class BrowsePage(NamedTuple):
    """A list, and what is said where it has no entries."""

    path: str
    title: str
    lead: str
    empty: str
    read: Callable[[Connection, FilteredView, slice], _Cards]


@router.read("/albums")
def albums(request: Request, page: int = Query(1, ge=1, le=MOST_PAGES)) -> Response:
    """List the albums of a view."""
    return _browse(request, PAGES[0], page)


@router.read("/people")
def people(request: Request, page: int = Query(1, ge=1, le=MOST_PAGES)) -> Response:
    """List the people of a view."""
    return _browse(request, PAGES[1], page)


@router.read("/ratings")
def ratings(request: Request) -> Response:
    """List the favorites and the stars of a view."""
    return _browse(request, PAGES[2], 1)


@router.read("/years")
def years(request: Request, page: int = Query(1, ge=1, le=MOST_PAGES)) -> Response:
    """List the years of a view, with the best scenes of each."""
    return _browse(request, PAGES[3], page)


def _browse(request: Request, shown: BrowsePage, page: int) -> Response:
    view = read_view(request.query_params)

    def read(connection: Connection, view: FilteredView) -> _Cards:
        return shown.read(connection, view, slice((page - 1) * PAGE, page * PAGE))

    key = (shown.path, page, *view.texts.items())
    found = library_reader(request).remembered(key, view, read)
    has_more = found.has_more and page < MOST_PAGES
    return render(
        request,
        "browse.html",
        view=view,
        pages=PAGES,
        listing=shown,
        cards=found.cards,
        more=view.query(page=str(page + 1)) if has_more else None,
        less=view.query(page=str(page - 1)) if page > 1 else None,
    )


def _tag_cards(kind: TagKind, connection: Connection, view: FilteredView, shown: slice) -> _Cards:
    filters = view.of_state(PhotoState.DONE)
    found = read_tag_facets(connection, filters, kind)
    if kind is TagKind.ALBUM:
        found = newest_first(connection, kind, found)
    with_covers = read_tag_covers(connection, filters, kind, found[shown])
    cards = [_card(facet, "/", view, **{kind.value: facet.value}) for facet in with_covers]
    return _Cards(cards, len(found) > shown.stop)


def _rating_cards(connection: Connection, view: FilteredView, _: slice) -> _Cards:
    filters = view.of_state(PhotoState.DONE)
    cards = []
    favorites = read_favorites(connection, filters)
    if favorites is not None:
        favorites = favorites._replace(name=Message("Favorites"))
        cards.append(_card(favorites, "/", view, favorite="true"))
    for facet in read_rating_facets(connection, filters):
        stars = "★" * int(facet.name)
        if int(facet.name) < MOST_STARS:
            stars = Message("{stars} or more", stars=stars)
        cards.append(_card(facet._replace(name=stars), "/", view, rating=facet.value))
    return _Cards(cards, has_more=False)


def _year_cards(connection: Connection, view: FilteredView, shown: slice) -> _Cards:
    found = read_year_facets(connection, view.of_state(PhotoState.DONE))
    cards = [
        _card(facet, "/best", view, after=facet.value, before=_year_after(facet.value))
        for facet in found[shown]
    ]
    return _Cards(cards, len(found) > shown.stop)


def _year_after(year: str) -> str | None:
    return f"{int(year) + 1:04d}" if int(year) < MAXYEAR else None


def _card(facet: Facet, path: str, view: FilteredView, **changes: str | None) -> Card:
    return Card(facet.name, facet.photos, facet.cover, f"{path}{view.query(**changes)}")


PAGES = (
    BrowsePage(
        "/albums",
        Message("Albums"),
        Message("From photo libraries and the files beside photos, the newest first."),
        Message("No photo here is in an album."),
        partial(_tag_cards, TagKind.ALBUM),
    ),
    BrowsePage(
        "/people",
        Message("People"),
        Message("As they are named in photo libraries and the files beside photos."),
        Message("Nobody is named on a photo here."),
        partial(_tag_cards, TagKind.PERSON),
    ),
    BrowsePage(
        "/ratings",
        Message("Stars"),
        Message("Favorites, and photos with so many stars or more."),
        Message("No photo here is a favorite or has stars."),
        _rating_cards,
    ),
    BrowsePage(
        "/years",
        Message("Best of each year"),
        Message("Scenes with a score, the best of each year first."),
        Message("No scene here has a score and a date."),
        _year_cards,
    ),
)

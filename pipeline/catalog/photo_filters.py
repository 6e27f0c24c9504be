"""The filters on photos: what is known of them before they have a scene.

The options of commands, the keys of a nightly configuration and the parameters of the gallery's
addresses are all made from the fields. To add a filter, add a field here, or in `filters` if it is
about scenes.

Conditions are written with the tables and helpers of `Conditions` alone, so that this module
imports no database: a command's help needs the filters, but no catalog.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pipeline.catalog.filter_values import (
    GeoArea,
    GeoCircle,
    PhotoList,
    parse_area,
    parse_circle,
    parse_filter_time,
    parse_folder,
    parse_photo_list,
)
from schemas.setting_fields import Setting, check_limits

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pipeline.catalog.conditions import Conditions

_WILDCARDS = "Case and accents do not matter; * stands for any text, ? for any letter."


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Setting):
    """A setting that selects photos."""

    # (tables and helpers, value) -> what holds for the photos to select; None: not a condition.
    condition: Callable[[Conditions, Any], sa.ColumnElement[bool]] | None = None
    # What holds where the filter is not set.
    otherwise: Callable[[Conditions], sa.ColumnElement[bool]] | None = None
    # Name of the index that serves the condition; filters of one name share it.
    index: str | None = None
    # The part of the condition that the index serves, where it is not the whole.
    indexed_part: Callable[[Conditions, Any], sa.ColumnElement[bool]] | None = None
    # Where the index is one of another table: what it finds, to be counted.
    members: Callable[[Conditions, Any], sa.Select[Any]] | None = None
    is_on_web: bool = True  # whether an address of the gallery may hold it


@dataclass(frozen=True, slots=True)
class PhotoFilters:
    """Which photos are selected: all filters have to hold.

    Photos that a person has hidden or put into the trash are selected only where they are asked
    for.
    """

    rating: Annotated[
        int | None,
        Filter(
            help="Only photos with this many stars or more.",
            minimum=1,
            maximum=5,
            condition=lambda q, stars: q.at_least("rating", stars),
            index="rating",
            example=4,
        ),
    ] = None
    favorite: Annotated[
        bool | None,
        Filter(
            help="Only favorites.",
            condition=lambda q, wanted: q.is_true("favorite", wanted),
            index="favorite",
            example=True,
        ),
    ] = None
    album: Annotated[
        str | None,
        Filter(
            help=f"Only photos in an album of this name. {_WILDCARDS}",
            condition=lambda q, name: q.has_tag("album", name),
            index="album",
            members=lambda q, name: q.tagged("album", name),
            example="Italy*",
        ),
    ] = None
    person: Annotated[
        str | None,
        Filter(
            help=f"Only photos of a person of this name. {_WILDCARDS}",
            condition=lambda q, name: q.has_tag("person", name),
            index="person",
            members=lambda q, name: q.tagged("person", name),
            example="Ada",
        ),
    ] = None
    keyword: Annotated[
        str | None,
        Filter(
            help=f"Only photos with this keyword; of a hierarchy, one of its levels. {_WILDCARDS}",
            condition=lambda q, name: q.has_tag("keyword", name),
            index="keyword",
            members=lambda q, name: q.tagged("keyword", name),
            example="beach",
        ),
    ] = None
    label: Annotated[
        str | None,
        Filter(
            help=f"Only photos with this color label. {_WILDCARDS}",
            condition=lambda q, name: q.has_tag("label", name),
            index="label",
            members=lambda q, name: q.tagged("label", name),
            example="Red",
        ),
    ] = None
    place: Annotated[
        str | None,
        Filter(
            help="Only photos from a country, region, city or spot of this name; after a '/', of a "
            f"country and what is in it. {_WILDCARDS}",
            condition=lambda q, name: q.in_place(name),
            index="place",
            example="Bergen",
        ),
    ] = None
    camera: Annotated[
        str | None,
        Filter(
            help="Part of the camera's make or model; case-insensitive.",
            condition=lambda q, part: q.of_camera(part),
            index="camera",
            example="iphone",
        ),
    ] = None
    lens: Annotated[
        str | None,
        Filter(
            help="Part of the lens's name; case-insensitive.",
            condition=lambda q, part: q.of_lens(part),
            index="lens",
            example="35mm",
        ),
    ] = None
    after: Annotated[
        datetime | None,
        Filter(
            help="Taken at this local time or later: 2019, 2019-07 or 2019-07-14T18:30.",
            parse=parse_filter_time,
            condition=lambda q, time: q.taken_at >= time,
            index="time",
            example="2015",
        ),
    ] = None
    before: Annotated[
        datetime | None,
        Filter(
            help="Taken before this local time.",
            parse=parse_filter_time,
            condition=lambda q, time: q.taken_at < time,
            index="time",
            example="2020-07",
        ),
    ] = None
    near: Annotated[
        GeoCircle | None,
        Filter(
            help="Taken within KM kilometres of a position.",
            metavar="LAT,LON,KM",
            parse=parse_circle,
            condition=lambda q, circle: q.within(circle),
            index="near",
            indexed_part=lambda q, circle: q.box(circle),
            example="48.8584,2.2945,5",
        ),
    ] = None
    area: Annotated[
        GeoArea | None,
        Filter(
            help="Taken between these degrees of latitude and longitude.",
            metavar="SOUTH,WEST,NORTH,EAST",
            parse=parse_area,
            condition=lambda q, area: q.in_area(area),
            index="near",
            indexed_part=lambda q, area: q.between_parallels(area),
            example="48,11,48.5,12",
        ),
    ] = None
    path: Annotated[
        str | None,
        Filter(
            help="Glob pattern for whole paths, such as '*/2019/*'.",
            condition=lambda q, glob: q.path_matches(glob),
            is_on_web=False,  # a glob of many stars can take minutes
            example="*/2019/*",
        ),
    ] = None
    folder: Annotated[
        str | None,
        Filter(
            help="Only photos in this folder, or in a folder inside it.",
            metavar="FOLDER",
            parse=parse_folder,
            condition=lambda q, folder: q.in_folder(folder),
            index="folder",
            members=lambda q, folder: q.with_file_in(folder),
            example="/photos/2019",
        ),
    ] = None
    listed_in: Annotated[
        PhotoList | None,
        Filter(
            help="Only photos that this file lists, an id or a path on each line; - reads the "
            "standard input.",
            metavar="FILE|-",
            parse=parse_photo_list,
            condition=lambda q, listing: q.is_listed(listing),
            index="listed_in",
            members=lambda q, listing: q.listed(listing),
            is_on_web=False,  # no file of the server is read for a request
            is_lasting=False,
        ),
    ] = None
    text: Annotated[
        str | None,
        Filter(
            help="Words that must all occur in the path, the camera, the lens, the date, or in "
            "what people wrote: titles, captions, keywords, names, albums and places. Case and "
            "accents do not matter.",
            condition=lambda q, text: q.has_words(text),
            index="text",
            members=lambda q, text: q.with_text(text),
            example="paris holiday",
        ),
    ] = None
    hidden: Annotated[
        bool | None,
        Filter(
            help="Only photos that are hidden in their photo library; they are left out otherwise.",
            condition=lambda q, wanted: q.is_true("hidden", wanted),
            otherwise=lambda q: q.is_true("hidden", False),
            index="hidden",
            example=True,
        ),
    ] = None
    trashed: Annotated[
        bool | None,
        Filter(
            help="Only photos in the trash of their photo library; they are left out otherwise.",
            condition=lambda q, wanted: q.is_true("trashed", wanted),
            otherwise=lambda q: q.is_true("trashed", False),
            index="trashed",
            example=True,
        ),
    ] = None

    def __post_init__(self) -> None:
        check_limits(self)

    def as_dict(self) -> dict[str, object]:
        """Return the filters that are set as plain values, for reports."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, GeoCircle):
        return asdict(value)
    return str(value) if isinstance(value, datetime | PhotoList) else value


EVERY_PHOTO = PhotoFilters()

"""The filters that select photos, each defined once: its meaning, its type and its condition.

The options of commands, the keys of a nightly configuration and the parameters of the gallery's
addresses are all made from the fields of `Filters`. To add a filter, add a field here.

Conditions are written with the tables and helpers of `Conditions`, so that this module imports no
database: a command's help needs the filters, but no catalog.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from schemas.errors import UsageError
from schemas.records import PhotoState
from schemas.setting_fields import (
    Setting,
    SettingField,
    check_limits,
    setting_fields,
    value_of_text,
)
from schemas.settings import MAX_LIMIT

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pipeline.catalog.conditions import Conditions


@dataclass(frozen=True, slots=True)
class GeoCircle:
    """A circle on the ground: degrees and kilometres."""

    latitude: float
    longitude: float
    radius_km: float


def parse_circle(option: str, text: str) -> GeoCircle:
    """Read LAT,LON,KM. Raises UsageError."""
    try:
        latitude, longitude, radius = (float(part) for part in text.split(","))
    except ValueError:
        latitude = longitude = radius = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and radius > 0):
        raise UsageError(
            f"{option} {text!r} is not a circle on the ground",
            "Write LAT,LON,KM in degrees, as in 48.8584,2.2945,5.",
        )
    return GeoCircle(latitude, longitude, radius)


def parse_filter_time(option: str, text: str) -> datetime:
    """Read a year, a month, a day or a time in ISO 8601. Raises UsageError."""
    padded = text
    if re.fullmatch(r"\d{4}", text):
        padded = f"{text}-01-01"
    elif re.fullmatch(r"\d{4}-\d{2}", text):
        padded = f"{text}-01"
    try:
        return datetime.fromisoformat(padded).replace(tzinfo=None)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is not a time",
            "Write a year, a month, a day or a time: 2019, 2019-07, 2019-07-14, 2019-07-14T18:30.",
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Setting):
    """A setting that selects photos."""

    # (tables and helpers, value) -> what holds for the photos to select; None: not a condition.
    condition: Callable[[Conditions, Any], sa.ColumnElement[bool]] | None = None
    is_on_web: bool = True  # whether an address of the gallery may hold it


def _any_word_of(q: Conditions, text: str) -> sa.ColumnElement[bool]:
    """Each word is in the path, the camera or the lens."""
    return q.all(
        q.any(q.contains(q.camera, word), q.contains(q.photos.lens_model, word), q.in_path(word))
        for word in text.split()
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """Which photos are selected: all filters have to hold. None selects everything."""

    state: Annotated[
        PhotoState | None,
        Filter(
            help="Only photos in this state.",
            condition=lambda q, state: q.photos.state == state,
            is_on_web=False,  # each page shows photos in a state of its own
            example="done",
        ),
    ] = None
    reason: Annotated[
        str | None,
        Filter(
            help="Only photos with this failure or skip reason.",
            condition=lambda q, reason: q.photos.reason == reason,
            example="truncated",
        ),
    ] = None
    model: Annotated[
        str | None,
        Filter(
            help="Only scenes of this model.",
            condition=lambda q, model: q.scenes.model == model,
            example="sharp",
        ),
    ] = None
    camera: Annotated[
        str | None,
        Filter(
            help="Part of the camera's make or model; case-insensitive.",
            condition=lambda q, part: q.contains(q.camera, part),
            example="iphone",
        ),
    ] = None
    lens: Annotated[
        str | None,
        Filter(
            help="Part of the lens's name; case-insensitive.",
            condition=lambda q, part: q.contains(q.photos.lens_model, part),
            example="35mm",
        ),
    ] = None
    after: Annotated[
        datetime | None,
        Filter(
            help="Taken at this local time or later: 2019, 2019-07 or 2019-07-14T18:30.",
            parse=parse_filter_time,
            condition=lambda q, time: q.taken_at >= time,
            example="2015",
        ),
    ] = None
    before: Annotated[
        datetime | None,
        Filter(
            help="Taken before this local time.",
            parse=parse_filter_time,
            condition=lambda q, time: q.taken_at < time,
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
            example="48.8584,2.2945,5",
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
    text: Annotated[
        str | None,
        Filter(
            help="Words that must all occur in the path, the camera or the lens.",
            condition=_any_word_of,
            example="paris holiday",
        ),
    ] = None
    where: Annotated[
        str | None,
        Filter(
            help="SQL condition on a record's fields, such as 'gaussians > 1e6'.",
            is_on_web=False,  # no SQL comes from requests
            example="gaussians > 1e6",
        ),
    ] = None
    order: Annotated[
        str | None,
        Filter(
            help="Field to sort by; prefix '-' for descending order.",
            is_on_web=False,  # pages have orders of their own
            example="-taken_at",
        ),
    ] = None
    limit: Annotated[
        int | None,
        Filter(
            help="Maximum number of photos.",
            minimum=1,
            maximum=MAX_LIMIT,
            is_on_web=False,
            example=100,
        ),
    ] = None

    def __post_init__(self) -> None:
        check_limits(self)


def filter_fields() -> tuple[SettingField, ...]:
    """Return the definitions of all filters."""
    return setting_fields(Filters)


def is_on_web(field: SettingField) -> bool:
    """Tell whether an address of the gallery may hold a filter."""
    return isinstance(field.setting, Filter) and field.setting.is_on_web


def filters_of_texts(texts: Mapping[str, str], name_of: Callable[[SettingField], str]) -> Filters:
    """Read filters from texts by their fields' names; errors call a filter by `name_of`.

    Raises UsageError.
    """
    return Filters(
        **{
            field.name: value_of_text(field, name_of(field), texts[field.name])
            for field in filter_fields()
            if texts.get(field.name)
        }
    )

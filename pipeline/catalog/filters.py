"""All filters: those on photos, those on their scenes, and the order and number of the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pipeline.catalog.photo_filters import Filter, PhotoFilters
from schemas.photo_limits import MAX_LIMIT
from schemas.quality import WITHOUT_DEPTH
from schemas.records import PhotoState, ScaleSource
from schemas.setting_fields import SettingField, setting_fields, value_of_text

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pipeline.catalog.conditions import Conditions


def _has_depth(q: Conditions, wanted: bool) -> sa.ColumnElement[bool]:
    """No flag says that there is nothing to look into."""
    return q.has_a_flag(WITHOUT_DEPTH, wanted=not wanted)


@dataclass(frozen=True, slots=True)
class Filters(PhotoFilters):
    """Which photos are selected, by what is known of them and of their best scenes."""

    state: Annotated[
        PhotoState | None,
        Filter(
            help="Only photos in this state.",
            condition=lambda q, state: q.state == state,
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
            condition=lambda q, model: q.of_scene("model", model),
            index="model",
            members=lambda q, model: q.with_scene("model", model),
            example="sharp",
        ),
    ] = None
    score: Annotated[
        float | None,
        Filter(
            help="Only photos whose scene has this score or a better one, from 0 to 1.",
            minimum=0,
            maximum=1,
            condition=lambda q, least: q.at_least("score", least),
            index="score",
            example=0.7,
        ),
    ] = None
    flag: Annotated[
        str | None,
        Filter(
            help="Only photos with this flag, of the photo or of its scene.",
            condition=lambda q, flag: q.has_flag(flag),
            index="flag",
            members=lambda q, flag: q.flagged(flag),
            example="screenshot",
        ),
    ] = None
    with_depth: Annotated[
        bool | None,
        Filter(
            help="Only photos that are not flagged flat, screenshot, document or drawing.",
            condition=_has_depth,
            example=True,
        ),
    ] = None
    scale_source: Annotated[
        ScaleSource | None,
        Filter(
            help="Only scenes that have their metric scale from this source.",
            condition=lambda q, source: q.of_scene("scale_source", source),
            index="scale_source",
            members=lambda q, source: q.with_scene("scale_source", source),
            example="depth_map",
        ),
    ] = None
    one_per_group: Annotated[
        bool | None,
        Filter(
            help="Only one photo of each group, such as a burst: the one that stands for it.",
            condition=lambda q, wanted: q.is_first_of_group() if wanted else q.all(()),
            example=True,
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

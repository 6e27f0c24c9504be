"""The filters of a page in its address, so that a view can be bookmarked and shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from pipeline.catalog.filters import Filters, filter_fields, filters_of_texts, is_on_web
from schemas.errors import UsageError
from schemas.records import PhotoState

UNTIL = "until"  # a day, of the form: photos until its end
WEB_FILTERS = tuple(field.name for field in filter_fields() if is_on_web(field))
_LONGEST = 300  # characters of a filter
# What the page calls each field of an address.
FILTER_NAMES = {
    "text": "Search",
    "rating": "Rating",
    "favorite": "Favorite",
    "album": "Album",
    "person": "Person",
    "keyword": "Keyword",
    "label": "Color label",
    "folder": "Folder",
    "place": "Place",
    "camera": "Camera",
    "lens": "Lens",
    "after": "Taken from",
    "before": "Taken until",
    UNTIL: "Taken until",
    "near": "Position",
    "area": "Part of the map",
    "hidden": "Hidden",
    "trashed": "In the trash",
    "reason": "Reason",
    "model": "Model",
    "score": "Score",
    "flag": "Flag",
    "with_depth": "With depth",
    "scale_source": "Scale",
    "one_per_group": "One photo of each moment",
}


@dataclass(frozen=True, slots=True)
class FilteredView:
    """The filters of an address, and their texts as written there."""

    filters: Filters
    texts: dict[str, str]

    @property
    def last_day(self) -> str:
        """The day before the filter `before`, as the form writes it; "" where there is none."""
        end = self.filters.before
        return day_before(end).date().isoformat() if end else ""

    def query(self, **changes: str | None) -> str:
        """Return the query part of this view's address, with its `?`; None removes a field."""
        fields = {**self.texts, **changes}
        text = urlencode({name: value for name, value in fields.items() if value})
        return f"?{text}" if text else ""

    def of_state(self, state: PhotoState) -> Filters:
        """Return the filters for photos in one state.

        Scenes without depth are left out, unless they or photos with a flag are asked for. Of the
        photos of one moment one is shown, unless all are asked for.
        """
        filters = replace(self.filters, state=state)
        if state is PhotoState.DONE and filters.one_per_group is None:
            filters = replace(filters, one_per_group=True)
        if state is PhotoState.DONE and filters.with_depth is None and filters.flag is None:
            return replace(filters, with_depth=True)
        return filters

    def with_flat(self) -> Filters | None:
        """Return the filters of the photos with a scene, with those that lack depth.

        None where this view shows them anyway, or shows only them.
        """
        if self.filters.with_depth is None and self.filters.flag is None:
            return replace(self.of_state(PhotoState.DONE), with_depth=None)
        return None


def read_view(parameters: Mapping[str, str]) -> FilteredView:
    """Read the filters of an address. Raises UsageError if one is not valid."""
    texts = {name: parameters.get(name, "").strip() for name in WEB_FILTERS}
    until = parameters.get(UNTIL, "").strip()
    if until:
        texts["before"] = _day_after(until)
    texts = {name: text for name, text in texts.items() if text}
    for name, text in texts.items():
        if len(text) > _LONGEST or "\0" in text:
            raise UsageError(
                f"The filter '{FILTER_NAMES[name]}' is too long, or not text.", "Make it shorter."
            )
    return FilteredView(
        filters_of_texts(texts, name_of=lambda field: FILTER_NAMES[field.name]), texts
    )


def day_before(time: datetime) -> datetime:
    """Return the time a day earlier, or the first that there is."""
    day = timedelta(days=1)
    return time - day if time - datetime.min >= day else datetime.min


def _day_after(until: str) -> str:
    """Return the day after a day, as an address has it. Raises UsageError."""
    try:
        return str(date.fromisoformat(until) + timedelta(days=1))
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{FILTER_NAMES[UNTIL]} '{until}' is not a day", "Write a day as in 2019-07-14."
        ) from error

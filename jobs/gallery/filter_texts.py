"""What a page says of the filters in its address: no names of options, and no raw values."""

from __future__ import annotations

from datetime import datetime

from jobs.gallery.address import day_before
from jobs.gallery.date_texts import day_text, minute_text, month_text, position_text
from jobs.gallery.problem_texts import reason_name
from jobs.gallery.texts import Figures, Message
from pipeline.catalog.filter_values import GeoCircle
from schemas.records import ScaleSource

# By filter: what its value is put into.
VALUE_TEXTS = {
    "text": "{value}",
    "rating": "{value} stars or more",
    "album": "Album: {value}",
    "person": "Person: {value}",
    "keyword": "Keyword: {value}",
    "label": "Color label: {value}",
    "folder": "Folder: {value}",
    "place": "Place: {value}",
    "camera": "Camera: {value}",
    "lens": "Lens: {value}",
    "after": "from {value}",
    "before": "until {value}",
    "near": "within {value}",
    "area": "part of the map",
    "reason": "Reason: {value}",
    "model": "Model: {value}",
    "score": "Score {value} or more",
    "flag": "Flag: {value}",
    "scale_source": "Scale: {value}",
}
# By filter: what it says if it is true, and if it is false.
TRUTH_TEXTS = {
    "favorite": ("favorites", "no favorites"),
    "hidden": ("hidden in their photo library", "not hidden"),
    "trashed": ("in the trash", "not in the trash"),
    "with_depth": ("with depth", "without depth"),
    "one_per_group": ("one photo of each moment", "all photos of each moment"),
}


def filter_text(name: str, value: object, written: str) -> Message:
    """Return what a filter of this value says; `written` is the value as in the address."""
    if name in TRUTH_TEXTS:
        return Message(TRUTH_TEXTS[name][0 if value else 1])
    if name == "rating" and value == 1:
        return Message("1 star or more")
    return Message(VALUE_TEXTS[name], value=_value_text(name, value, written))


def _value_text(name: str, value: object, written: str) -> str:
    found = written
    match name, value:
        case "after", datetime():
            found = _time_text(value, written)
        case "before", datetime():
            found = _end_text(value, written)
        case "near", GeoCircle(latitude, longitude, radius_km):
            position = position_text(latitude, longitude)
            km = Figures(f"{radius_km:g}")
            found = Message("{km} km of {position}", km=km, position=position)
        case (("flag" | "reason"), _):
            found = reason_name(written)
        case "scale_source", ScaleSource():
            found = Message(value.explanation)
        case "place", _:
            found = ", ".join(reversed([level for level in written.split("/") if level]))
        case "score", _:
            found = Figures(written)
    return found


def _time_text(time: datetime, written: str) -> str:
    """Return a time as precisely as it was written."""
    if len(written) == len("2019"):
        return written
    if len(written) == len("2019-07"):
        return month_text(time)
    return day_text(time) if len(written) == len("2019-07-14") else minute_text(time)


def _end_text(end: datetime, written: str) -> str:
    """Return the last year, month or day before an end that is one; other ends as they are."""
    if end.time() != datetime.min.time() or end == datetime.min:
        return minute_text(end)
    last = day_before(end)
    return _time_text(last, last.date().isoformat()[: len(written)])

"""The filters of a page in its address, so that a view can be bookmarked and shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pipeline.catalog.filters import Filters, filter_fields, filters_of_texts, is_on_web
from schemas.errors import UsageError
from schemas.records import PhotoState

WEB_FILTERS = tuple(field.name for field in filter_fields() if is_on_web(field))
_LONGEST = 300  # characters of a filter; more is no search


@dataclass(frozen=True, slots=True)
class View:
    """What an address asks for: the filters, and their texts as they were written."""

    filters: Filters
    texts: dict[str, str]

    def query(self, **changes: str | None) -> str:
        """Return this view's address, from its question mark on; None leaves a field out."""
        fields = {**self.texts, **changes}
        text = urlencode({name: value for name, value in fields.items() if value})
        return f"?{text}" if text else ""

    def of_state(self, state: PhotoState) -> Filters:
        """Return the filters for photos in one state."""
        return replace(self.filters, state=state)


def read_view(parameters: Mapping[str, str]) -> View:
    """Read the filters of an address. Raises UsageError where one makes no sense."""
    texts = {name: parameters.get(name, "").strip() for name in WEB_FILTERS}
    texts = {name: text for name, text in texts.items() if text}
    for name, text in texts.items():
        if len(text) > _LONGEST or "\0" in text:
            raise UsageError(f"The filter '{name}' is too long, or no text.", "Make it shorter.")
    return View(filters_of_texts(texts, name_of=lambda field: field.name), texts)

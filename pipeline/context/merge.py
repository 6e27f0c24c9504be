"""What the sources of a photo say, merged into one context.

The most trusted source that says something gives a single value; keywords, people and albums are
those of all sources. Three kinds of values are not a person's word, and give way:

- a rating of 0: cameras and programs write it to every photo. But in a sidecar it says that the
  stars in the photo itself were taken away;
- a "no" to favourite, picked, hidden or trashed: where any source says yes, it is yes;
- the name of the folder, which is an album only where no other source names one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.context.texts import folded
from schemas.context import CONTEXT_FIELDS, ContextFacts, ContextSource, PhotoContext

_LISTS = ("keywords", "people", "albums")
_FLAGS = ("favorite", "picked", "hidden", "trashed")
_POSITION = ("latitude", "longitude", "altitude_m")
_TIME = ("taken_at", "taken_at_offset")
_IN_FILE = (ContextSource.EMBEDDED_XMP, ContextSource.IPTC, ContextSource.EXIF)
_TRUST = {source: rank for rank, source in enumerate(ContextSource)}
_SINGLE = tuple(
    name for name in CONTEXT_FIELDS if name not in (*_LISTS, *_FLAGS, *_POSITION, *_TIME, "rating")
)

Sources = tuple[ContextSource, ...]
EMPTY = PhotoContext()


def merge(facts: Iterable[ContextFacts]) -> PhotoContext:
    """Merge what the sources of one photo say; those of one source in the order given."""
    said = sorted(facts, key=lambda one: _TRUST[one.source])
    if not said:
        return EMPTY
    values: dict[str, Any] = {}
    sources: dict[str, Sources] = {}

    def take(name: str, value: object, by: Sources) -> None:
        if value is not None and value != ():
            values[name], sources[name] = value, by

    take("rating", *_rating(said))
    for name in _FLAGS:
        take(name, *_flag(said, name))
    for name in _SINGLE:
        take(name, *_first(said, name))
    for name in _LISTS:
        take(name, *_union(said, name))
    for names in (_TIME, _POSITION):  # what belongs together is of one source
        first = next((one for one in said if getattr(one, names[0]) is not None), None)
        if first is not None:
            for name in names:
                take(name, getattr(first, name), (first.source,))
    return PhotoContext(**values, sources=sources)


def _first(said: Sequence[ContextFacts], name: str) -> tuple[object, Sources]:
    for one in said:
        value = getattr(one, name)
        if value is not None:
            return value, (one.source,)
    return None, ()


def _rating(said: Sequence[ContextFacts]) -> tuple[int | None, Sources]:
    rated = [one for one in said if one.rating is not None]
    if any(one.source is ContextSource.SIDECAR for one in rated):
        rated = [one for one in rated if one.source not in _IN_FILE]
    first = next((one for one in rated if one.rating), rated[0] if rated else None)
    return (None, ()) if first is None else (first.rating, (first.source,))


def _flag(said: Sequence[ContextFacts], name: str) -> tuple[bool | None, Sources]:
    for wanted in (True, False):
        by = [one.source for one in said if getattr(one, name) is wanted]
        if by:
            return wanted, tuple(dict.fromkeys(by))
    return None, ()


def _union(said: Sequence[ContextFacts], name: str) -> tuple[tuple[str, ...], Sources]:
    """Return the values of all sources, each once, spelled as the most trusted one does."""
    if name == "albums" and any(_names_albums(one) for one in said):
        said = [one for one in said if one.source is not ContextSource.FOLDER]
    found: dict[str, str] = {}
    for one in said:
        for value in getattr(one, name):
            found.setdefault(folded(value), value)
    by = dict.fromkeys(one.source for one in said if getattr(one, name))
    return tuple(found.values()), tuple(by)


def _names_albums(facts: ContextFacts) -> bool:
    return bool(facts.albums) and facts.source is not ContextSource.FOLDER

"""The facts of a photo's page that people and their programs have given: ratings, names, texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.gallery.photo_facts import Fact
from schemas.context import BY_POSITION, ContextSource, PlaceNames

_REJECTED = -1
_TEXTS = {"title": "Title", "caption": "Caption", "label": "Color label"}
_LISTS = {"people": "People", "albums": "Albums", "keywords": "Keywords"}
_FLAGS = {
    "favorite": ("Favorite", "yes"),
    "hidden": ("Hidden", "in its photo library"),
    "trashed": ("Trash", "in its photo library"),
}


def context_facts(photo: Mapping[str, Any], sources: Mapping[str, Sequence[str]]) -> list[Fact]:
    """Return what is known of a photo beyond its file, with the source of each value."""
    return [
        Fact(name, value, _note(sources.get(field, ()))) for field, name, value in _values(photo)
    ] + _place(photo)


def _values(photo: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield field, name and value of what is known."""
    for field, name in _TEXTS.items():
        if photo[field]:
            yield field, name, photo[field]
    rating = photo["rating"]
    if rating:
        yield "rating", "Rating", "rejected" if rating == _REJECTED else "★" * rating
    for field, (name, value) in _FLAGS.items():
        if photo[field]:
            yield field, name, value
    for field, name in _LISTS.items():
        if photo[field]:
            yield field, name, ", ".join(photo[field])


def _place(photo: Mapping[str, Any]) -> list[Fact]:
    names = [photo[field] for field in PlaceNames._fields if photo[field]]
    if not names:
        return []
    source = photo["place_source"]
    note = "named after its position" if source == BY_POSITION else _note([source])
    return [Fact("Place", ", ".join(names), note)]


def _note(sources: Sequence[str]) -> str:
    explained = [ContextSource.explain(source) for source in sources]
    return f"from {' and '.join(filter(None, explained))}" if any(explained) else ""

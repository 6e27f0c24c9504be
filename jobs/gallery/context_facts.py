"""The facts of a photo's page that people and their programs have given: ratings, names, texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.gallery.photo_facts import Fact
from jobs.gallery.texts import AND, Message, listed
from schemas.context import BY_POSITION, ContextSource, PlaceNames

_REJECTED = -1
_TEXTS = {"title": Message("Title"), "caption": Message("Caption"), "label": Message("Color label")}
_LISTS = {"people": Message("People"), "albums": Message("Albums"), "keywords": Message("Keywords")}
_FLAGS = {
    "favorite": (Message("Favorite"), Message("yes")),
    "hidden": (Message("Hidden"), Message("in its photo library")),
    "trashed": (Message("Trash"), Message("in its photo library")),
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
        yield (
            "rating",
            Message("Rating"),
            Message("rejected") if rating == _REJECTED else "★" * rating,
        )
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
    note = Message("named after its position") if source == BY_POSITION else _note([source])
    return [Fact("Place", ", ".join(names), note)]


def _note(sources: Sequence[str]) -> str:
    explained = [ContextSource.explain(source) for source in sources]
    found = [Message(text) for text in explained if text]
    if not found:
        return ""
    return Message("from {sources}", sources=listed(found, AND))

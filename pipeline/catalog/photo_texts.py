"""The texts in which words are searched: what is known of a photo, without case and accents.

A text has a line for each path, name, caption and date. It follows from other tables, so whoever
writes these calls `refresh_texts` in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.folding import folded
from pipeline.catalog.in_lists import in_groups
from schemas.context_tables import photo_tags, places, tags
from schemas.search_tables import SEARCH_INDEX, photo_texts
from schemas.tables import photo_paths, photos

_COLUMNS = tuple(
    photos.c[name]
    for name in ("title", "caption", "camera_make", "camera_model", "lens_model", "taken_at")
)
_MONTHS = (  # as people write them in English and German
    *("january januar", "february februar", "march maerz marz", "april", "may mai", "june juni"),
    *("july juli", "august", "september", "october oktober", "november", "december dezember"),
)
_TRIGRAM = 3  # letters; the index of SQLite finds no shorter words
_MOST_TRIGRAMS = 60  # enough to find few texts, which are compared


def refresh_texts(connection: Connection, photo_ids: Iterable[str]) -> None:
    """Bring the texts of photos up to date."""
    for chunk in in_groups(dict.fromkeys(photo_ids)):
        wanted = _texts(connection, chunk)
        query = sa.select(photo_texts.c.photo_id, photo_texts.c.text)
        rows = connection.execute(query.where(photo_texts.c.photo_id.in_(chunk))).all()
        known: dict[str, str] = {row.photo_id: row.text for row in rows}
        new = [
            {"photo_id": photo_id, "text": text}
            for photo_id, text in wanted.items()
            if photo_id not in known
        ]
        changed = [
            {"key": photo_id, "value": text}
            for photo_id, text in wanted.items()
            if known.get(photo_id, text) != text
        ]
        if new:
            connection.execute(photo_texts.insert(), new)
            _note_rows(connection, [row["photo_id"] for row in new])
        if changed:
            row = photo_texts.c.photo_id == sa.bindparam("key")
            connection.execute(
                photo_texts.update().where(row).values(text=sa.bindparam("value")), changed
            )


def _note_rows(connection: Connection, photo_ids: list[str]) -> None:
    """Have photos know the rows of their new texts."""
    of_photo = sa.select(photo_texts.c.text_id).where(photo_texts.c.photo_id == photos.c.photo_id)
    having = photos.update().where(photos.c.photo_id.in_(photo_ids))
    connection.execute(having.values(text_id=of_photo.scalar_subquery()))


def add_missing_texts(connection: Connection) -> None:
    """Make the texts of photos that have none, as in a catalog of an older version."""
    has_text = sa.exists().where(photo_texts.c.photo_id == photos.c.photo_id)
    refresh_texts(
        connection, connection.scalars(sa.select(photos.c.photo_id).where(~has_text)).all()
    )


def search_words(text: str) -> list[str]:
    """Return the words of a search as they occur in texts."""
    return folded(text).split(" ") if folded(text) else []


def with_words(words: Sequence[str], dialect: str) -> sa.Select[tuple[str]]:
    """Return the ids of the photos in whose texts each word occurs."""
    return _matching(photo_texts.c.photo_id, words, dialect)


def texts_with_words(words: Sequence[str], dialect: str) -> sa.Select[tuple[int]]:
    """Return the rows of the texts in which each word occurs."""
    are_trigrams = 0 < len(words) <= _MOST_TRIGRAMS and all(len(word) == _TRIGRAM for word in words)
    if dialect == "sqlite" and are_trigrams:
        return _indexed(words)  # no text is read for what the index says
    return _matching(photo_texts.c.text_id, words, dialect)


def texts_that_may_have(words: Sequence[str], dialect: str) -> sa.Select[tuple[int]]:
    """Return at least the rows of the texts in which each word occurs, to count them soon."""
    if dialect == "sqlite" and _has_trigram(words):
        return _indexed(words)
    return texts_with_words(words, dialect)


def has_words(words: Sequence[str], dialect: str) -> sa.ColumnElement[bool]:
    """Return the condition that the text of a photo has each word: its own text is read."""
    own = photo_texts.c.text_id == photos.c.text_id
    return sa.exists().where(own, *_occur(words, dialect))


def _matching(column: sa.Column[Any], words: Sequence[str], dialect: str) -> sa.Select[tuple[Any]]:
    query = sa.select(column).where(*_occur(words, dialect))
    if dialect == "sqlite" and _has_trigram(words):
        query = query.where(photo_texts.c.text_id.in_(_indexed(words)))
    return query


def _occur(words: Sequence[str], dialect: str) -> Iterator[sa.ColumnElement[bool]]:
    for word in words:
        text = photo_texts.c.text
        if dialect == "sqlite":
            yield sa.func.instr(text, word) > 0
        else:
            yield text.contains(word, autoescape=True)


def _indexed(words: Sequence[str]) -> sa.Select[tuple[int]]:
    """Return the rows of the texts that have all trigrams of words, by the index of SQLite."""
    trigrams = dict.fromkeys(part for word in words for part in _trigrams(word))
    parts = (f'"{part.replace(chr(34), chr(34) * 2)}"' for part in trigrams)
    asked = " AND ".join(list(parts)[:_MOST_TRIGRAMS])
    index = sa.table(SEARCH_INDEX, sa.column("rowid", sa.Integer), sa.column(SEARCH_INDEX))
    return sa.select(index.c.rowid).where(index.c[SEARCH_INDEX].op("MATCH")(asked))


def _has_trigram(words: Sequence[str]) -> bool:
    return any(len(word) >= _TRIGRAM for word in words)


def _trigrams(word: str) -> Iterator[str]:
    return (word[at : at + _TRIGRAM] for at in range(len(word) - _TRIGRAM + 1))


def _texts(connection: Connection, photo_ids: list[str]) -> dict[str, str]:
    """Return the texts of those photos that the catalog has."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    paths = sa.select(photo_paths.c.photo_id, photo_paths.c.path).order_by(photo_paths.c.path)
    for photo_id, path in connection.execute(paths.where(photo_paths.c.photo_id.in_(photo_ids))):
        lines[photo_id].append(folded(path))
    named = sa.select(photo_tags.c.photo_id, tags.c.folded).order_by(tags.c.folded)
    named = named.join(tags, tags.c.tag_id == photo_tags.c.tag_id)
    for photo_id, name in connection.execute(named.where(photo_tags.c.photo_id.in_(photo_ids))):
        lines[photo_id].append(name)
    query = sa.select(photos.c.photo_id, *_COLUMNS, places.c.folded.label("place"))
    query = query.outerjoin(places, places.c.place_id == photos.c.place_id)
    found = connection.execute(query.where(photos.c.photo_id.in_(photo_ids)))
    return {row.photo_id: "\n".join([*lines[row.photo_id], *_own_lines(row)]) for row in found}


def _own_lines(row: Any) -> Iterator[str]:  # noqa: ANN401 - a row of the columns
    camera = " ".join(part for part in (row.camera_make, row.camera_model) if part)
    for value in (row.title, row.caption, camera, row.lens_model):
        if value:
            yield folded(value)
    if row.place:
        yield row.place
    if row.taken_at is not None:
        yield _date_words(row.taken_at)


def _date_words(taken_at: datetime) -> str:
    month = _MONTHS[taken_at.month - 1]
    return f"{taken_at:%Y-%m-%d} {taken_at.day} {month} {taken_at.year}"

"""In which order photos become scenes: the most promising first, by what the catalog knows.

What people say counts most: favorites, picks and stars. Then the score of a scene that another
model has made, and what speaks against a good one. A photo of which nothing is known has a merit
of 0, as a new file has: it comes after the wanted ones, and before those that are flagged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import in_groups
from schemas.context_tables import photo_flags
from schemas.quality import WITHOUT_DEPTH, QualityFlag
from schemas.tables import photos

_FAVORITE, _PICKED, _STAR = 4.0, 2.0, 1.0
_REJECTED = -8.0  # a rating of -1
_NO_DEPTH = -4.0
_FLAGGED = -1.0
# A score of 0.4 is usual: a better scene comes before what is not known.
_USUAL_SCORE = 0.4


def read_merits(connection: Connection, photo_ids: Iterable[str]) -> dict[str, float]:
    """Return the merit of each photo of which something is known; more is better."""
    merits: dict[str, float] = {}
    columns = (photos.c.photo_id, photos.c.rating, photos.c.favorite, photos.c.picked)
    known = sa.select(*columns, photos.c.score)
    flags = sa.select(photo_flags.c.photo_id, photo_flags.c.flag)
    with connection.begin():
        for chunk in in_groups(photo_ids):
            for row in connection.execute(known.where(photos.c.photo_id.in_(chunk))):
                merits[row.photo_id] = _of_photo(row)
            of_chunk = flags.where(photo_flags.c.photo_id.in_(chunk))
            for photo_id, flag in connection.execute(of_chunk):
                merits[photo_id] += _of_flag(flag)
    return merits


def _of_photo(row: Any) -> float:  # noqa: ANN401 - a row of the columns above
    stars = row.rating or 0
    return (
        _FAVORITE * bool(row.favorite)
        + _PICKED * bool(row.picked)
        + (_REJECTED if stars < 0 else _STAR * stars)
        + (row.score - _USUAL_SCORE if row.score is not None else 0.0)
    )


def _of_flag(flag: str) -> float:
    if flag in WITHOUT_DEPTH:
        return _NO_DEPTH
    return 0.0 if flag == QualityFlag.MACRO else _FLAGGED

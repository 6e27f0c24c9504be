"""The photos that a page leaves out though no filter names them: without a scene, hidden, flat.

Most photos have a scene and are shown. A sum over them need not ask of each whether it is done, not
hidden, not in the trash, not flat and the first of its group: the indexes of these facts tell the
few photos that are left out, and each photo is looked for among them once.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.conditions import Conditions, Key
from pipeline.catalog.filters import Filters
from schemas.quality import WITHOUT_DEPTH
from schemas.records import PhotoState
from schemas.tables import photos


def are_few(connection: Connection) -> bool:
    """Tell whether most photos are done, so that it is cheaper to list the others."""
    count = sa.func.count()
    others = sa.select(count).select_from(photos)
    before, after = (others.where(which).scalar_subquery() for which in _not_done())
    number = connection.scalar(sa.select(before + after)) or 0
    # No more of those that are done are counted than tells.
    done = sa.select(photos.c.state).where(photos.c.state == PhotoState.DONE).limit(number + 1)
    return connection.scalar(sa.select(count).select_from(done.subquery())) == number + 1


def _not_done() -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Return two ranges of an index: "not equal" would be a scan."""
    return photos.c.state < PhotoState.DONE, photos.c.state > PhotoState.DONE


def left_out(q: Conditions, filters: Filters, key: Key) -> sa.Select[tuple[str]]:
    """Return the photos that are not done, and those that filters leave out without naming them.

    As the filters say, these are photos without depth, hidden ones, those in the trash, and those
    for which another one of their group stands.
    """
    parts = [sa.select(q.key(photos, key)).where(which) for which in _conditions(q, filters)]
    if filters.with_depth:
        parts += q.of_a_flag(WITHOUT_DEPTH, key)
    found = sa.union_all(*parts).subquery()
    return sa.select(*found.c)


def _conditions(q: Conditions, filters: Filters) -> Iterator[sa.ColumnElement[bool]]:
    yield from _not_done()
    if filters.hidden is None:
        yield photos.c.hidden.is_(True)
    if filters.trashed is None:
        yield photos.c.trashed.is_(True)
    if filters.one_per_group:
        yield sa.and_(photos.c.group_id > "", sa.not_(q.is_first_of_group()))

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.query import find_photo
from pipeline.catalog.shares import (
    add_share,
    find_share,
    find_shared,
    list_shares,
    revoke_shares,
    shared_photo_ids,
)
from schemas.share_tables import shares
from schemas.tables import photos, utc_now
from tests.support.library_of_records import RUN, done, failed, new_catalog, photo_file

DONE, OTHER, FAILED = (photo_file(name) for name in ("done.jpg", "other.jpg", "failed.jpg"))


@pytest.fixture
def connection(tmp_path: Path, catalog_url: str | None) -> Iterator[Connection]:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None) for file in (DONE, OTHER, FAILED)])
        for file in (DONE, OTHER):
            catalog.record(done(file), RUN)
        catalog.record(failed(FAILED), RUN)
        with catalog.connection.begin():
            yield catalog.connection


def share(connection: Connection, days: float | None = None) -> tuple[str, str]:
    """Share all photos but one; return the id and the token."""
    ids = [DONE.photo_id, FAILED.photo_id, "f" * 32]
    end = utc_now() + timedelta(days=days) if days else None
    made, token = add_share(connection, ids, "A title", downloads=False, expires_at=end)
    return made.share_id, token


def test_a_link_shows_the_photos_with_a_scene_and_no_others(connection: Connection) -> None:
    share_id, token = share(connection)
    found = find_share(connection, token)
    assert found is not None
    assert (found.share_id, found.title, found.downloads) == (share_id, "A title", False)
    assert shared_photo_ids(connection, share_id) == [DONE.photo_id]
    photo = find_photo(connection, DONE.photo_id)
    assert photo is not None
    shown = find_shared(connection, share_id, DONE.photo_id)
    assert shown == (DONE.photo_id, photo.scene_id)
    assert find_shared(connection, share_id, OTHER.photo_id) is None
    assert find_shared(connection, share_id, FAILED.photo_id) is None


def test_a_photo_that_is_named_twice_is_shared_once(connection: Connection) -> None:
    ids = [DONE.photo_id, *(f"{number:032x}" for number in range(1000)), DONE.photo_id]
    made, _ = add_share(connection, ids, "A title", downloads=False, expires_at=None)
    assert shared_photo_ids(connection, made.share_id) == [DONE.photo_id]


def test_the_token_is_in_the_link_alone(connection: Connection) -> None:
    share_id, token = share(connection)
    row = connection.execute(sa.select(shares)).one()
    assert token not in [str(value) for value in row]
    for wrong in ("", share_id, row.token_sha256, token[:-1], token.swapcase()):
        assert find_share(connection, wrong) is None


def test_a_link_ends_by_itself_or_when_it_is_revoked(connection: Connection) -> None:
    _, lasting = share(connection, days=1)
    over_id, over = share(connection, days=-1)
    assert find_share(connection, lasting) is not None
    assert find_share(connection, over) is None
    assert [(one.share.share_id == over_id, one.is_over) for one in list_shares(connection)] == [
        (True, True),
        (False, False),
    ]
    assert revoke_shares(connection, [one.share.share_id for one in list_shares(connection)]) == 2
    assert find_share(connection, lasting) is None
    assert list_shares(connection) == []
    assert revoke_shares(connection, [over_id]) == 0


@pytest.mark.parametrize("place", ["hidden", "trashed"])
def test_what_the_owner_hides_leaves_the_links(connection: Connection, place: str) -> None:
    share_id, _ = share(connection)
    change = photos.update().where(photos.c.photo_id == DONE.photo_id)
    assert [one.photos for one in list_shares(connection)] == [1]
    connection.execute(change.values({place: True}))
    assert [one.photos for one in list_shares(connection)] == [0]
    assert shared_photo_ids(connection, share_id) == []
    assert find_shared(connection, share_id, DONE.photo_id) is None

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.counts import count_selected
from pipeline.catalog.filters import Filters
from pipeline.catalog.periods import UNDATED, Period, read_periods
from pipeline.catalog.query import find
from pipeline.catalog.timeline import read_beside, read_choices, read_period
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.tables import photos
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file

EVERYTHING = Filters()


def fill(root: Path, times: list[datetime | None]) -> None:
    """Make a library of photos that were taken then."""
    with new_catalog(root) as catalog:
        for index, taken_at in enumerate(times):
            file = photo_file(f"{index}.jpg")
            catalog.add_found([(file, None)])
            catalog.record(done(file, meta(2019, 10.0 * (index % 2))), RUN)
            with catalog.connection.begin():
                catalog.connection.execute(
                    photos.update()
                    .where(photos.c.photo_id == file.photo_id)
                    .values(taken_at=taken_at)
                )


TIMES: list[datetime | None] = [
    *(datetime(2019, 7, 1, 12, minute // 2) for minute in range(20)),  # pairs at the same minute
    *(datetime(2019, 12, 31, 23, 59, second) for second in range(10)),
    *(datetime(2020, 1, 1, 0, 0, second) for second in range(9)),
    *([None] * 5),
]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    fill(tmp_path, TIMES)
    with Library.resolve(tmp_path).read() as connection:
        yield connection


def walk(connection: Connection, period: str, limit: int) -> list[str]:
    ids: list[str] = []
    while page := read_period(connection, EVERYTHING, period, ids[-1] if ids else None, limit):
        ids += [picture.photo_id for picture in page]
    return ids


def test_months_are_counted_newest_first(connection: Connection) -> None:
    assert read_periods(connection, EVERYTHING) == [
        Period("2020-01", 9),
        Period("2019-12", 10),
        Period("2019-07", 20),
        Period(UNDATED, 5),
    ]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_of_any_size_hold_each_photo_once_in_order(
    connection: Connection, limit: int
) -> None:
    periods = [period.name for period in read_periods(connection, EVERYTHING)]
    walked = [photo_id for period in periods for photo_id in walk(connection, period, limit)]
    rows = connection.execute(sa.select(photos.c.photo_id, photos.c.taken_at)).all()
    ordered = sorted(rows, key=lambda row: (row[1] or datetime.min, row[0]), reverse=True)
    assert walked == [row[0] for row in ordered]


def test_years_and_decades_hold_their_months(connection: Connection) -> None:
    months = walk(connection, "2019-12", 100) + walk(connection, "2019-07", 100)
    assert walk(connection, "2019", 4) == months
    assert walk(connection, "201", 100) == months
    assert walk(connection, "202", 100) == walk(connection, "2020-01", 100)


def test_neighbours_are_those_of_the_order(connection: Connection) -> None:
    periods = [period.name for period in read_periods(connection, EVERYTHING)]
    order = [photo_id for period in periods for photo_id in walk(connection, period, 100)]
    for index, photo_id in enumerate(order):
        beside = read_beside(connection, EVERYTHING, photo_id)
        assert beside.newer == (order[index - 1] if index else None)
        assert beside.older == (order[index + 1] if index + 1 < len(order) else None)


@pytest.mark.parametrize(("step", "names"), [(40, 4), (400, 3), (4000, 3)])
def test_few_photos_are_gathered_by_years_or_decades(tmp_path: Path, step: int, names: int) -> None:
    first = datetime(1990, 1, 1).toordinal()
    fill(tmp_path, [datetime.fromordinal(first + step * index) for index in range(10)])
    with Library.resolve(tmp_path).read() as connection:
        periods = read_periods(connection, EVERYTHING)
    assert sum(period.photos for period in periods) == 10
    assert {len(period.name) for period in periods} == {names}


def test_what_is_no_period_or_photo_is_refused(connection: Connection) -> None:
    for period in ("2019-13", "20191", "", "undate", "0000", "9999-12", "999"):
        with pytest.raises(UsageError):
            read_period(connection, EVERYTHING, period, None, 1)
    with pytest.raises(UsageError):
        read_period(connection, EVERYTHING, "2019", "0" * 32, 1)
    with pytest.raises(UsageError):
        read_beside(connection, EVERYTHING, "0" * 32)


def test_counts_are_those_of_a_query(connection: Connection) -> None:
    for filters in (
        EVERYTHING,
        Filters(text="1.jpg"),
        Filters(text="fuji PHOTOS"),
        Filters(text="nothing"),
        Filters(text="%"),
        Filters(camera="x-e2", after=datetime(2020, 1, 1)),
    ):
        count = len(list(find(connection, filters)))
        assert count_selected(connection, filters) == count
        periods = read_periods(connection, filters)
        assert sum(period.photos for period in periods) == count


def test_choices(connection: Connection) -> None:
    assert read_choices(connection).cameras == ("X-E2",)

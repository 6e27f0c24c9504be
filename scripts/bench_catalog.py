"""Speed of a catalog with a million photos: outcomes as it grows, each filter, status, a rescan.

    python scripts/bench_catalog.py [--photos 1000000] [--postgres] [--plans]

Creates the catalog (in --folder, if given, where the next run finds it), then prints the minimum
and the median time of several runs of each query, in this process, and the minimum of its CPU time,
which other load does not change. A filter that selects many
photos is asked for the first 50 of them, as a page shows them, and for their number. --postgres
does the same on a temporary server; --plans prints the query plans of the database.
"""

from __future__ import annotations

import contextlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa
from at_size import outcomes
from bench_support import option_parser, print_environment
from made_library import grow, hurry
from sqlalchemy.engine import Connection

from pipeline.catalog.counts import count_selected
from pipeline.catalog.filter_values import parse_circle
from pipeline.catalog.filters import Filters
from pipeline.catalog.portable_sql import register_functions
from pipeline.catalog.query import find
from pipeline.catalog.scan_state import ScanState
from pipeline.catalog.status import read_status
from pipeline.exports.target import ExportTarget
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE
from schemas.records import PhotoState, ScaleSource
from tests.support.postgres import fresh_schema, running_server

REPEATS = 3
QUESTIONS = {
    "a month, a camera, home": Filters(
        camera="X-E2",
        after=datetime(2019, 7, 1),
        before=datetime(2019, 8, 1),
        near=parse_circle("--near", "52.52,13.405,5"),
    ),
    "a year, a camera, a trip": Filters(
        camera="iphone",
        after=datetime(2015, 1, 1),
        before=datetime(2016, 1, 1),
        near=parse_circle("--near", "48.8584,2.2945,25"),
    ),
    "all years, a camera, a trip": Filters(
        camera="ILCE",
        after=datetime(2001, 1, 1),
        before=datetime(2026, 1, 1),
        near=parse_circle("--near", "48.8584,2.2945,25"),
    ),
    "the newest 50 of a camera": Filters(camera="ILCE", order="-taken_at", limit=50),
    "what failed, by reason": Filters(state=PhotoState.FAILED, reason="truncated", limit=50),
}
FILTERS = {
    "--rating 1, of 1 in 5": Filters(rating=1),
    "--rating 5, of 1 in 50": Filters(rating=5),
    "--favorite, of 1 in 50": Filters(favorite=True),
    "--album, one of 2000": Filters(album="album 77"),
    "--album with a wildcard": Filters(album="*um 12*"),
    "--album, of every photo": Filters(album="*"),
    "--person, of 1 in 10": Filters(person="person 1"),
    "--person, rare": Filters(person="person 150"),
    "--keyword, a level of many": Filters(keyword="subject"),
    "--keyword, rare": Filters(keyword="keyword 377"),
    "--label, of 1 in 20": Filters(label="red"),
    "--place, a city": Filters(place="City 42"),
    "--place, a country": Filters(place="country 3"),
    "--score 0.7, of 3 in 10": Filters(score=0.7),
    "--score 0.999": Filters(score=0.999),
    "--flag, of 1 in 20": Filters(flag="screenshot"),
    "--flag, of scenes, rare": Filters(flag="flat"),
    "--scale-source, rare": Filters(scale_source=ScaleSource.DEPTH_MAP),
    "--hidden": Filters(hidden=True),
    "--trashed": Filters(trashed=True),
    "--camera, of 1 in 4": Filters(camera="x-e2"),
    "--camera, none": Filters(camera="nikon"),
    "--lens, rare": Filters(lens="macro"),
    "--model": Filters(model="sharp"),
    "--reason": Filters(reason="truncated"),
    "--state due": Filters(state=PhotoState.DUE),
    "--after, a year": Filters(after=datetime(2025, 1, 1)),
    "--near, a home": Filters(near=parse_circle("--near", "52.52,13.405,5")),
    "--text, a word of few": Filters(text="IMG_0777777"),
    "--text, a name": Filters(text="person 150"),
    "--text, a month": Filters(text="August 2019"),
    "--text, two letters": Filters(text="x-"),
    "--path": Filters(path="*/2019/07/*"),
    "rating, person and year": Filters(rating=4, person="person 1", after=datetime(2020, 1, 1)),
    "two that exclude each other": Filters(person="person 1", album="album 78"),
}


def make_catalog(folder: Path, url: str | None, count: int) -> None:
    """Grow the catalog to 10^3, 10^4, ... photos, and print what outcomes cost at each size."""
    library = Library.resolve(folder, url)
    library.store.make()
    sizes = [10**power for power in range(3, 10) if 10**power < count]
    with library.write(create=True) as catalog:
        hurry(catalog)
        for number in range(20):
            catalog.begin_run(f"run-{number}", "ingest", {})
        for start, stop in pairwise((0, *sizes, count)):
            grow(catalog, ExportTarget(folder / "out", folder), start, stop)
            print(f"{stop:>9} photos: {outcomes(library, folder, stop)}")


def timed(name: str, ask: Callable[[], object]) -> None:
    timing: list[tuple[float, float]] = []
    for _ in range(REPEATS):
        started = time.perf_counter(), time.process_time()
        answer = ask()
        ended = time.perf_counter(), time.process_time()
        timing.append((ended[0] - started[0], ended[1] - started[1]))
    walls, cpus = zip(*timing, strict=True)
    best, median, cpu = min(walls), statistics.median(walls), min(cpus)
    print(
        f"{name:<36} best {best * 1000:8.1f} ms   median {median * 1000:8.1f} ms   "
        f"CPU {cpu * 1000:8.1f} ms   {answer}"
    )


@contextlib.contextmanager
def shown_plans(connection: Connection) -> Iterator[None]:
    """Print the query plan of each statement."""
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def show(
        _connection: object,
        cursor: sqlite3.Cursor,
        statement: str,
        parameters: tuple[object, ...],
        *_: object,
    ) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(explain + statement, parameters)
            for row in cursor.fetchall():
                print(f"    {str(row[-1])[:160]}")

    sa.event.listen(connection, "before_cursor_execute", show)
    yield
    sa.event.remove(connection, "before_cursor_execute", show)


def measure(root: Path, url: str | None, plans: bool) -> None:
    def ask(filters: Filters) -> Callable[[], str]:
        def asked() -> str:
            with Library.resolve(root, url).read() as reader:
                return f"{len(list(find(reader, filters)))} photos"

        return asked

    def count_photos(filters: Filters) -> str:
        with Library.resolve(root, url).read() as reader:
            register_functions(reader)
            return f"{count_selected(reader, filters)} photos"

    def status() -> str:
        with Library.resolve(root, url).read() as reader:
            return f"{sum(read_status(reader).photos.values())} photos"

    def known() -> str:
        with Library.resolve(root, url).read() as reader, reader.begin():
            state = ScanState(reader)
            ids = [one.photo_id for one in state.paths_of_root("/", is_folder=True)]
            return f"{len(ids)} paths, {len(state.load(ids))} photos"

    with Library.resolve(root, url).read() as reader:
        for name, filters in QUESTIONS.items():
            timed(f"query: {name}", ask(filters))
            if plans:
                with shown_plans(reader):
                    list(find(reader, filters))
        for name, filters in FILTERS.items():
            timed(f"page: {name}", ask(replace(filters, order="-taken_at", limit=50)))
            timed(f"count: {name}", partial(count_photos, filters))
            if plans:
                with shown_plans(reader):
                    list(find(reader, replace(filters, limit=50)))
        timed("status", status)
        if plans:
            with shown_plans(reader):
                read_status(reader)
    started = time.perf_counter()
    answer = known()
    print(f"{'what a plan reads':<32} once {time.perf_counter() - started:8.2f} s   {answer}")


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    print_environment()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-catalog-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        url = (
            fresh_schema(stack.enter_context(running_server(is_synced=True)))
            if options.postgres
            else None
        )
        if url is not None or not (folder / CATALOG_FILE).exists():
            make_catalog(folder, url, options.photos)
        measure(folder, url, options.plans)


if __name__ == "__main__":
    main()

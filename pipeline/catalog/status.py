"""What a library holds, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from schemas.records import PhotoState
from schemas.tables import artifacts, photo_paths, photos, runs, scenes

_LAST_RUNS = 5


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run, as the catalog remembers it."""

    run_id: str
    command: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    due: int | None
    done: int | None
    failed: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """Counts by name; `bytes` by kind of file."""

    photos: dict[str, int]  # by state
    paths: int
    failed: dict[str, int]  # photos that have no scene, by reason
    skipped: dict[str, int]  # by reason
    scenes: dict[str, int]  # by model
    bytes: dict[str, int]
    runs: tuple[RunSummary, ...]

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def read_status(connection: Connection) -> LibraryStatus:
    """Count what the catalog holds."""
    # Each table is scanned once, through an index that covers the query.
    made = sa.select(
        scenes.c.model, scenes.c.format, sa.func.count(), sa.func.sum(scenes.c.splat_bytes)
    ).group_by(scenes.c.model, scenes.c.format)
    models, sizes = Counter[str](), Counter[str]()
    for model, splat_format, count, size in connection.execute(made):
        models[model] += count
        sizes[splat_format] += int(size)
    artifact_bytes = sa.select(artifacts.c.kind, sa.func.sum(artifacts.c.bytes)).group_by(
        artifacts.c.kind
    )
    last = sa.select(*(runs.c[name] for name in RunSummary.__slots__))
    last = last.order_by(runs.c.started_at.desc()).limit(_LAST_RUNS)
    return LibraryStatus(
        photos=count_states(connection),
        paths=_count_all(connection, photo_paths),
        failed=_counts(connection, photos.c.reason, photos.c.state == PhotoState.FAILED),
        skipped=_counts(connection, photos.c.reason, photos.c.state == PhotoState.SKIPPED),
        scenes=dict(sorted(models.items())),
        bytes=dict(sizes) | {kind: int(size) for kind, size in connection.execute(artifact_bytes)},
        runs=tuple(RunSummary(*row) for row in connection.execute(last)),
    )


def count_states(connection: Connection) -> dict[str, int]:
    """Count the photos by state."""
    # Most photos are done: their count is the total minus the others. One statement, so that all
    # counts come from one state of a catalog that a run is writing to.
    count = sa.func.count()
    everything = sa.select(sa.literal(PhotoState.DONE.value), count).select_from(photos)
    others = [
        sa.select(photos.c.state, count).where(is_other).group_by(photos.c.state)
        for is_other in (photos.c.state < PhotoState.DONE, photos.c.state > PhotoState.DONE)
    ]
    found = connection.execute(sa.union_all(everything, *others))
    counts = {str(state): int(number) for state, number in found}
    total = counts.pop(PhotoState.DONE.value)
    counts[PhotoState.DONE.value] = total - sum(counts.values())
    return {state: number for state, number in sorted(counts.items()) if number}


def _count_all(connection: Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _counts(
    connection: Connection, column: sa.Column[str], *where: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(*where).group_by(column)
    return {str(row[0]): int(row[1]) for row in sorted(connection.execute(query))}

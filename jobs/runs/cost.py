"""What due photos will cost on rented GPUs: hours and money, by the rate of earlier runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.flow.model import ResolvedModel
from pipeline.library import Library
from schemas.records import RunState
from schemas.tables import runs
from sharp_core.models.entry import ModelEntry

_LAST_RUNS = 5
_FEWEST_PHOTOS = 10  # of these runs together: fewer say more of the start than of the rate


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate. The price is in whatever currency the price of an hour is."""

    photos: int
    photos_per_second: float  # of all GPUs together
    estimated_from: str
    gpus: float
    hours: float  # from the first photo to the last
    gpu_hours: float
    price_per_gpu_hour: float
    price: float

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def estimate_cost(
    library: Library, model: ResolvedModel, photos: int, gpus: float, price_per_gpu_hour: float
) -> Cost:
    """Estimate what `photos` take on so many GPUs, all of which are paid until the last is done.

    The rate is that of the library's last runs with this model, on whatever they ran; without any,
    it is what the model states. Raises StoreError.
    """
    rate, estimated_from = _stated_rate(model.entry, gpus)
    if library.has_catalog():
        with library.read() as connection:
            measured = _measured_rate(connection, model.name)
        if measured is not None:
            rate, count = measured
            estimated_from = f"measured in the last {count} runs of this library, on their hardware"
    hours = photos / rate / 3600
    return Cost(
        photos=photos,
        photos_per_second=round(rate, 4),
        estimated_from=estimated_from,
        gpus=gpus,
        hours=round(hours, 4),
        gpu_hours=round(hours * gpus, 4),
        price_per_gpu_hour=price_per_gpu_hour,
        price=round(hours * gpus * price_per_gpu_hour, 2),
    )


def _stated_rate(entry: ModelEntry, gpus: float) -> tuple[float, str]:
    if entry.gpu_seconds is None:
        return (
            1 / entry.cpu_seconds,
            f"a guess of {entry.cpu_seconds:g} s a photo on two CPU cores; {entry.name!r} uses no "
            "GPU, and no run is recorded yet",
        )
    return (
        gpus / entry.gpu_seconds,
        f"a guess of {entry.gpu_seconds:g} s a photo and GPU; no run is recorded yet",
    )


def _measured_rate(connection: Connection, model: str) -> tuple[float, int] | None:
    """Return photos per second over the last runs with a model, and how many runs these are."""
    query = (
        sa.select(runs.c.settings, runs.c.done, runs.c.seconds)
        .where(runs.c.command == "ingest", runs.c.state != RunState.RUNNING, runs.c.done > 0)
        .order_by(runs.c.started_at.desc())
    )
    found: list[tuple[int, float]] = []
    for settings, done, seconds in connection.execute(query):
        if _model_of(settings) == model and seconds:
            found.append((done, seconds))
        if len(found) == _LAST_RUNS:
            break
    photos = sum(done for done, _ in found)
    if photos < _FEWEST_PHOTOS:
        return None
    return photos / sum(seconds for _, seconds in found), len(found)


def _model_of(settings: str) -> str | None:
    """Return the model that a run has recorded, of any version."""
    try:
        return str(json.loads(settings)["model"]["model"])
    except (ValueError, KeyError, TypeError):
        return None

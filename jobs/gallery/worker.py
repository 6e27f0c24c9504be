"""The worker process: makes the scene of one uploaded photo, or adds the photo to the library.

    python -m jobs.gallery.worker < request.json

It also makes scenes of photos that the library knows (`jobs.gallery.make_known`).

A separate process can be stopped at any moment, and isolates the gallery from malicious photos. The
scene is made by an ingest into a library of its own, in the job's folder. Adding it to the library
copies it from there.

In: a WorkerRequest or a LibraryRequest as JSON. Out: one JSON document per line: {"step": NAME} for
each step, and finally {"result": {...}} or {"error": TEXT, "hint": TEXT}; "busy": true where
another run holds the library.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.store.root import parse_root
from schemas.errors import LibraryBusyError, SharpBatchError, UsageError, WeightsMissingError
from schemas.outcomes import Done, Outcome
from schemas.reasons import FailureReason, SkipReason
from schemas.records import PhotoFile
from schemas.settings import IngestSettings, ModelSettings, PhotoSettings

if TYPE_CHECKING:  # the server imports this module for the request alone
    from jobs.runs.ingest import IngestReport
    from pipeline.flow.flow import Flow, Runner
    from pipeline.work.monitor import RunMonitor
    from pipeline.work.stop import Stop

OWN_LIBRARY = "library"  # in the job's folder
IMAGE = "picture.webp"
_DONE = "done.pickle"


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    """The photo and the settings. If `library` is set, the photo is added to that library."""

    photo: str
    folder: str  # for the scene and the large image
    model: str
    focal_35mm: float | None
    library: str | None = None
    catalog: str | None = None

    def as_json(self) -> str:
        """Return the request as the JSON that `main` reads."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class LibraryRequest:
    """Photos that a library knows, and of which scenes are to be made."""

    photo_ids: list[str]
    library: str
    catalog: str | None

    def as_json(self) -> str:
        """Return the request as the JSON that `main` reads."""
        return json.dumps(asdict(self))


def main() -> None:
    """Read the request from stdin, do it, and write the result to stdout."""
    document = json.load(sys.stdin)
    try:
        result = _result(document)
    except LibraryBusyError as error:
        _tell(error=error.message, hint=error.hint, busy=True)
    except SharpBatchError as error:
        _tell(error=error.message, hint=error.hint)
    except MemoryError:
        _tell(error=FailureReason.OUT_OF_MEMORY.explanation, hint="")
    else:
        _tell(result=result)


def _result(document: dict[str, Any]) -> dict[str, object]:
    if "photo_ids" in document:
        from jobs.gallery.make_known import make_known

        asked = LibraryRequest(**document)
        return make_known(asked.library, asked.catalog, asked.photo_ids)
    request = WorkerRequest(**document)
    return _keep(request) if request.library else _make(request)


def _make(request: WorkerRequest) -> dict[str, object]:
    _tell(step="begin")
    from pipeline.decode.large_image import write_image
    from pipeline.scan.identify import identify
    from pipeline.scan.scan import FoundFile
    from pipeline.store.store import Store

    photo, folder = Path(request.photo), Path(request.folder)
    library = folder / OWN_LIBRARY
    started = time.perf_counter()
    _ingest(request, library, None, partial(_run_telling, folder))
    result = _made(library)
    stat = photo.stat()
    found = identify(FoundFile(str(photo), stat.st_size, stat.st_mtime_ns))
    Store(folder).write(IMAGE, partial(write_image, found.photo))
    return {**result, "seconds": round(time.perf_counter() - started, 3)}


def _keep(request: WorkerRequest) -> dict[str, object]:
    _tell(step="keep")
    from pipeline.flow.adopt import Adoption
    from pipeline.store.store import Store

    folder = Path(request.folder)
    done = pickle.loads((folder / _DONE).read_bytes())
    adoption = Adoption(done, Store(folder / OWN_LIBRARY))
    return _ingest(request, request.library or "", request.catalog, adoption.run).as_dict()


def _ingest(
    request: WorkerRequest, library: str | Path, catalog: str | None, runner: Runner
) -> IngestReport:
    """Ingest the photo into a library: with the same settings in both, or ids would differ."""
    from jobs.console.output import Output
    from jobs.runs.ingest import Ingest
    from pipeline.flow.model import resolve_model
    from pipeline.library import Library

    model = resolve_model(ModelSettings(request.model))
    if model.lacks_weights:
        raise WeightsMissingError.of_model(model.name)
    settings = IngestSettings(
        model.settings,
        PhotoSettings(request.focal_35mm, allow_small=True, allow_wide=True, allow_360=True),
    )
    run = Ingest(
        Library.resolve(parse_root(str(library)), catalog),
        [Path(request.photo)],
        settings,
        model,
        Output(quiet=True),
    )
    return run.run(lambda: contextlib.nullcontext(runner), of_gallery=True)


def _run_telling(
    folder: Path, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
) -> Iterator[Outcome]:
    """Carry the one photo through the flow, tell each step, and keep what `_keep` needs."""
    for photo in photos:
        _tell(step="decode")
        decoded = flow.decode.process(photo)
        if not isinstance(decoded, tuple):
            yield decoded
            continue
        _tell(step="load")
        flow.predict.setup()
        _tell(step="predict")
        (predicted,) = flow.predict.process([decoded])
        if not isinstance(predicted, tuple):
            yield predicted
            continue
        _tell(step="write")
        outcome = flow.encode.process(decoded[0], *predicted)
        if isinstance(outcome, Done):
            (folder / _DONE).write_bytes(pickle.dumps(outcome))
        yield outcome


def _made(library: Path) -> dict[str, object]:
    """Return what the library's one photo has become. Raises UsageError."""
    from pipeline.catalog.photo_details import photo_details
    from pipeline.library import Library
    from schemas.tables import photos

    with Library.resolve(library).read() as connection:
        photo_id = connection.scalar(sa.select(photos.c.photo_id))
        details: dict[str, Any] = {}
        if photo_id is not None:
            details = photo_details(connection, photo_id, Path("/"))
    scene = next(iter(details.get("scenes", ())), None)
    if scene is None:
        reason, message = details.get("reason"), details.get("message")
        explained = FailureReason.explain(reason) or SkipReason.explain(reason)
        raise UsageError(message or explained or "No scene could be made of this photo.")
    of_scene = (
        *("scene_id", "width", "height", "focal_px", "focal_source"),
        *("depth_near_m", "depth_far_m"),
    )
    found = {name: scene[name] for name in of_scene}
    return {**found, "photo_id": photo_id, "focal_warning": details["focal_warning"]}


def _tell(**document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

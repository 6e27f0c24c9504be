"""The worker process: makes the scene of one uploaded photo, or adds the photo to the library.

    python -m jobs.gallery.worker < request.json

A separate process can be stopped at any moment, and isolates the gallery from malicious photos.
In: a WorkerRequest as JSON. Out: one JSON document per line: {"step": NAME} for each step, and
finally {"result": {...}} or {"error": TEXT, "hint": TEXT}.
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from schemas.errors import SharpBatchError, WeightsMissingError
from schemas.settings import IngestSettings, ModelSettings, PhotoSettings

SCENE = "scene.ply"
IMAGE = "picture.webp"


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


def main() -> None:
    """Read the request from stdin, do it, and write the result to stdout."""
    request = WorkerRequest(**json.load(sys.stdin))
    try:
        result = _keep(request) if request.library else _make(request)
    except SharpBatchError as error:
        _tell(error=error.message, hint=error.hint)
    except MemoryError:
        _tell(error="not enough memory for this photo", hint="")
    else:
        _tell(result=result)


def _make(request: WorkerRequest) -> dict[str, object]:
    _tell(step="begin")
    from jobs.gallery.large_image import write_image
    from pipeline.flow.model import resolve_model
    from pipeline.flow.predict_file import predict_file
    from pipeline.scan.identify import identify
    from pipeline.scan.scan import FoundFile
    from pipeline.store.store import Store

    photo, folder = Path(request.photo), Path(request.folder)
    model = resolve_model(ModelSettings(request.model))
    if model.lacks_weights:
        raise WeightsMissingError.of_model(model.name)
    settings = PhotoSettings(request.focal_35mm, allow_small=True, allow_wide=True, allow_360=True)
    prediction = predict_file(photo, folder / SCENE, model, settings, lambda step: _tell(step=step))
    stat = photo.stat()
    found = identify(FoundFile(str(photo), stat.st_size, stat.st_mtime_ns))
    Store(folder).write(IMAGE, partial(write_image, found.photo))
    return prediction.as_dict()


def _keep(request: WorkerRequest) -> dict[str, object]:
    _tell(step="keep")
    from jobs.console.output import Output
    from jobs.runs.ingest import Ingest
    from pipeline.flow.inline import run_inline
    from pipeline.flow.model import resolve_model
    from pipeline.library import Library

    model = resolve_model(ModelSettings(request.model))
    settings = IngestSettings(
        model.settings,
        PhotoSettings(request.focal_35mm, allow_small=True, allow_wide=True, allow_360=True),
    )
    run = Ingest(
        Library.resolve(Path(request.library or ""), request.catalog),
        [Path(request.photo)],
        settings,
        model,
        Output(quiet=True),
    )
    return run.run(lambda: contextlib.nullcontext(run_inline)).as_dict()


def _tell(**document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

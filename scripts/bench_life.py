"""Time of planning a life of photos: reading what is said of them, selecting, and looking again.

    python scripts/bench_life.py [--photos 50000] [--seed 1] [--postgres]

Makes the life (`make_life.py`), then runs an ingest whose filters select nothing: each photo is
identified and recorded with its metadata and its context, and no scene is made. Then the same again
with nothing changed, and again after one sidecar and one album changed. At last each filter is
asked. What was read is compared with what the life was made of.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench_support import option_parser, print_environment, resident_mb
from make_life import Life, make_life

from jobs.console.output import Output
from jobs.runs.ingest import Ingest, IngestReport
from pipeline.catalog.filters import Filters
from pipeline.catalog.photo_filters import PhotoFilters
from pipeline.catalog.query import find_photo_ids
from pipeline.flow.flow import Runner
from pipeline.flow.inline import run_inline
from pipeline.flow.model import resolve_model
from pipeline.library import Library
from schemas.settings import IngestSettings, ModelSettings
from tests.support.postgres import fresh_schema, running_server

NOBODY = PhotoFilters(person="nobody of this name")


def measure(folder: Path, library: Library, life: Life) -> None:
    """Print the time of each step, and check what was recorded."""

    def run() -> IngestReport:
        model = resolve_model(ModelSettings("small"))
        ingest = Ingest(
            library, [folder], IngestSettings(), model, Output(quiet=True), filters=NOBODY
        )

        def runner() -> contextlib.AbstractContextManager[Runner]:
            return contextlib.nullcontext(run_inline)

        return ingest.run(runner)

    with timed("read, record and select nothing"):
        report = run()
    check(report.not_selected, life.photos, "photos that are left for later")
    with timed("again, nothing changed"):
        report = run()
    check((report.not_selected, report.metadata_updated), (life.photos, 0), "nothing to read")
    sidecar = next((folder / "Camera").rglob("*.xmp"))
    sidecar.write_text(sidecar.read_text().replace('xmp:Rating="', 'xmp:Label="Red" xmp:Rating="'))
    album = next((folder / "Takeout").rglob("metadata.json"))
    members = len(list(album.parent.glob("*.jpg")))
    album.write_text(album.read_text().replace("with friends", "with family"))
    with timed("again, one sidecar and one album changed"):
        report = run()
    check(report.metadata_updated, 1 + members, "photos that are updated")
    with library.read() as reader:
        for name, filters, count in questions(life, album.parent.name):
            started = time.perf_counter()
            found = len(find_photo_ids(reader, filters))
            print(f"{name:<44}{(time.perf_counter() - started) * 1000:9.1f} ms  {found} photos")
            check(found, count, name)


def questions(life: Life, changed: str) -> Iterator[tuple[str, Filters, int]]:
    """Yield filters, and how many photos they should select."""
    rated = sum(count for stars, count in life.rated.items() if stars >= 4)
    yield "--rating 4", Filters(rating=4), rated
    yield "--favorite", Filters(favorite=True), life.favorites
    yield "--person zoe", Filters(person="zoe"), life.people["Zoë"]
    friends = sum(n for name, n in life.albums.items() if name.endswith("friends"))
    left = friends - life.albums[changed]
    yield "--album '*with friends'", Filters(album="*with friends"), left
    yield "--album '*with family'", Filters(album="*with family"), life.albums[changed]
    yield "--label red", Filters(label="red"), 1


def check(found: object, expected: object, what: str) -> None:
    """End where something else was found than was made."""
    if found != expected:
        raise SystemExit(f"{what}: found {found}, expected {expected}")


@contextlib.contextmanager
def timed(name: str) -> Iterator[None]:
    """Print how long a step takes, and the processor's time for it, which other load leaves."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name:<44}{wall:8.2f} s  CPU {cpu:7.2f} s  {resident_mb():5.0f} MB resident")


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    print_environment()
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-life-")))
        url = fresh_schema(stack.enter_context(running_server())) if options.postgres else None
        with timed(f"made {options.photos} photos"):
            life = make_life(place / "life", options.photos, options.seed)
        measure(place / "life", Library.resolve(place / "library", url), life)


if __name__ == "__main__":
    main()

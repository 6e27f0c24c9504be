"""A process that records outcomes without end, and prints each scene that it tells, to be killed.

python -m tests.support.told_outcomes LIBRARY NUMBER
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from jobs.runs.recorder import Recorder
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.writer import CatalogWriter
from schemas.outcomes import Done, Outcome, Waiting
from tests.support.library_of_records import done, failed, photo_file


def tell(outcome: Outcome) -> None:
    if isinstance(outcome, Done):
        print(outcome.scene.scene_id, flush=True)  # noqa: T201


def main() -> None:
    root, number = Path(sys.argv[1]), sys.argv[2]
    address = find_catalog(root)
    with CatalogWriter(open_database(address, create=True)) as catalog:
        catalog.begin_run(number, "ingest", {})
        recorder = Recorder(catalog, address, number, tell)
        for start in count(step=10):
            files = [photo_file(f"{number}-{start + index}.jpg") for index in range(10)]
            catalog.add_found([(file, None) for file in files])
            for file in files:
                recorder.take(failed(file) if file is files[4] else done(file))
            if start % 70 == 0:
                recorder.take(Waiting())


if __name__ == "__main__":
    main()

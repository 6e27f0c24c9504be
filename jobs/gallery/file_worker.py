"""A worker process that makes derived files: conversions, web pages and exports of scenes.

    python -m jobs.gallery.file_worker

In: one FileJob as JSON per line. Out: one line of JSON for each: {} if the file is in the cache, or
{"status": NUMBER, "error": TEXT, "hint": TEXT}. It ends when its input ends. The gallery can stop
it at any moment, and stays responsive while it works.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException

from jobs.gallery.answer_errors import answer_error
from jobs.gallery.derived import DerivedKind, FileRequest, derive
from jobs.gallery.reader import LibraryReader, open_reader
from jobs.gallery.texts import Message
from schemas.errors import SharpBatchError

NO_MEMORY = Message("There is not enough memory to make this file.")
_LESS_URGENT = 5  # than the server


class FileJob(NamedTuple):
    """A derived file to make, and where: a library, its catalog's address, and the cache."""

    library: str
    catalog: str | None
    cache: str
    asked: FileRequest

    def as_line(self) -> bytes:
        """Return the job as the line that `main` reads."""
        return json.dumps([*self[:3], *self.asked]).encode() + b"\n"

    @classmethod
    def of_line(cls, line: str) -> FileJob:
        """Read the line of `as_line`."""
        library, catalog, cache, kind, of, form = json.loads(line)
        return cls(library, catalog, cache, FileRequest(DerivedKind(kind), of, form))


def main() -> None:
    """Make files until stdin ends."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.nice(_LESS_URGENT)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin:
        answers.write(json.dumps(_answer(FileJob.of_line(line))) + "\n")
        answers.flush()


def _answer(job: FileJob) -> dict[str, object]:
    try:
        reader = _reader(job.library, job.catalog, job.cache)
        file = derive(reader, job.asked)
        reader.cache.get(file.name, file.make)
    except SharpBatchError as error:
        answer = answer_error(error)
        return {"status": answer.status_code, "error": answer.detail, "hint": answer.hint}
    except HTTPException as error:
        return {"status": error.status_code, "error": error.detail, "hint": ""}
    except MemoryError:
        return {"status": 500, "error": NO_MEMORY, "hint": ""}
    return {}


@lru_cache(maxsize=4)
def _reader(library: str, catalog: str | None, cache: str) -> LibraryReader:
    return open_reader(library, catalog, Path(cache))


if __name__ == "__main__":
    main()

"""Files that this program exported: a folder may hold them beside photos."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.store.layout import MANIFEST

MANIFEST_FILES = frozenset({f"{MANIFEST}.jsonl", f"{MANIFEST}.csv"})


def exported_files(folder: str) -> Iterator[str]:
    """Yield the paths of the files that the manifest in a folder lists; a damaged line is left out.

    They are in the folder, or below it.
    """
    try:
        with Path(folder, f"{MANIFEST}.jsonl").open("rb") as lines:
            for line in lines:
                name = _file_of(line)
                if name is not None:
                    yield f"{folder}/{name}"
    except OSError:
        return


def _file_of(line: bytes) -> str | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    name = fields.get("file") if isinstance(fields, dict) else None
    return name if isinstance(name, str) else None

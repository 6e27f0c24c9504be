"""The log of a training run: one line of JSON a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOG = "log.jsonl"


def append_record(folder: Path, record: Mapping[str, object]) -> None:
    """Append a record to the log in `folder`."""
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Return the whole records of the log in `folder`; none where there is no log yet."""
    path = folder / LOG
    if not path.exists():
        return []
    records = []
    for line in path.read_text("utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:  # half-written by a run that was killed
            continue
    return records


def drop_records_after(folder: Path, step: int) -> None:
    """Remove what a killed run logged after the checkpoint of `step`, and a half-written line."""
    path = folder / LOG
    if not path.exists():
        return
    kept = [record for record in read_records(folder) if record.get("step", 0) <= step]
    temporary = path.with_name(LOG + ".part")
    temporary.write_text("".join(json.dumps(record) + "\n" for record in kept), "utf-8")
    temporary.replace(path)

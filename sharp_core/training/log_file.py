"""The log of a training run: one line of JSON a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

LOG = "log.jsonl"


def append_record(folder: Path, record: Mapping[str, object]) -> None:
    """Append a record to the log in `folder`."""
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def drop_records_after(folder: Path, step: int) -> None:
    """Remove what a killed run logged after the checkpoint of `step`, and a half-written line."""
    path = folder / LOG
    if not path.exists():
        return
    kept = []
    for line in path.read_text("utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if record.get("step", 0) <= step:
            kept.append(line + "\n")
    temporary = path.with_name(LOG + ".part")
    temporary.write_text("".join(kept), "utf-8")
    temporary.replace(path)

"""The manifest in a folder of exports: a line for each file, as JSON Lines and as CSV.

Lines are in order of `file`, by code points. They are read and written as streams.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.exports.exported import Exported, RecordedExport
from pipeline.exports.target import ExportTarget
from pipeline.store.layout import MANIFEST
from schemas.errors import UsageError

MANIFEST_JSONL, MANIFEST_CSV = f"{MANIFEST}.jsonl", f"{MANIFEST}.csv"
_COLUMNS = (
    "file",
    "kind",
    "photo_id",
    "scene_id",
    "source_paths",
    "bytes",
    "sha256",
    "settings",
    "facts",
    "name",
    "stem",
    "mtime_ns",
)
_TEXTS = ("file", "kind", "photo_id", "scene_id", "sha256", "name", "stem")
_FIELDS = tuple(name for name in _COLUMNS if name != "source_paths")
_quote = json.encoder.encode_basestring  # a text as JSON, as `_encode` writes it
_encode = json.JSONEncoder(ensure_ascii=False).encode

Line = dict[str, Any]


def manifest_texts(target: ExportTarget) -> Iterator[bytes]:
    """Yield the lines of the manifest in a folder as they are, without their line ends."""
    try:
        with target.absolute(MANIFEST_JSONL).open("rb") as file:
            for text in file:
                yield text.rstrip(b"\r\n")
    except OSError:
        return


def check_is_ours(target: ExportTarget) -> None:
    """Raise UsageError where something that is no manifest has the name of one."""
    for name in (MANIFEST_JSONL, MANIFEST_CSV):
        path = target.absolute(name)
        if os.path.lexists(path) and not _is_manifest(path, target):
            raise UsageError(
                f"{path} is not a manifest of sharp-batch, and exports need this name for theirs",
                "Move it away, or name another folder with --to.",
            )


def _is_manifest(path: Path, target: ExportTarget) -> bool:
    """Tell whether a file is empty or holds a line of a manifest, which people may have edited."""
    try:
        if path.stat().st_size == 0:
            return True
        if path.suffix == ".csv":
            with path.open("rb") as file:
                return file.readline().startswith(",".join(_COLUMNS[:2]).encode())
    except OSError:
        return False
    return any(parse_line(text) is not None for text in manifest_texts(target))


def parse_line(text: bytes) -> Line | None:
    """Return the fields of a line, or None where it is no line of a manifest."""
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    if not isinstance(fields, dict) or set(fields) != set(_COLUMNS):
        return None
    return fields if all(isinstance(fields[name], str) for name in _TEXTS) else None


def exported_of(line: Line) -> Exported:
    """Return the export that a line describes."""
    return Exported(**{name: line[name] for name in _FIELDS})


def line_of(exported: Exported, source_paths: Sequence[str]) -> Line:
    """Return the line for a file."""
    return {
        name: list(source_paths) if name == "source_paths" else getattr(exported, name)
        for name in _COLUMNS
    }


def line_text(line: Line) -> bytes:
    """Return a line as it is written, without its line end."""
    return _encode(line).encode()


def recorded_line_text(
    recorded: RecordedExport, source_paths: Sequence[str], record_start: str
) -> bytes:
    """Return `line_text` of a recorded export, for a million of them.

    A line ends as the record does, so neither is parsed; `record_start` is what the record of an
    export in this folder starts with.
    """
    file, kind, photo_id, scene_id, size, sha256, text = recorded
    is_plain = (photo_id + scene_id + sha256).isalnum() and "\\u" not in text
    if not is_plain or not text.startswith(record_start):  # written in other ways
        return line_text(line_of(recorded.parsed(), source_paths))
    paths = ", ".join(map(_quote, source_paths))
    return (
        f'{{"file": {_quote(file)}, "kind": {_quote(kind)}, "photo_id": "{photo_id}", '
        f'"scene_id": "{scene_id}", "source_paths": [{paths}], "bytes": {size}, '
        f'"sha256": "{sha256}", {text[len(record_start) :]}'
    ).encode()


def write_manifest(target: ExportTarget, lines: Iterable[bytes]) -> None:
    """Write both forms of the manifest, each whole or not at all.

    `lines` are texts without line ends; they may read the manifest that is there.
    Raises PhotoError (`disk_full`) and RunError.
    """
    target.write(MANIFEST_JSONL, lambda file: file.writelines(line + b"\n" for line in lines))
    target.write(MANIFEST_CSV, lambda file: _write_csv(file, target))


def _write_csv(file: BinaryIO, target: ExportTarget) -> None:
    table = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    for line in filter(None, map(parse_line, manifest_texts(target))):
        packed = {name: _encode(line[name]) for name in ("settings", "facts")}
        values = {**line, **packed, "source_paths": ";".join(line["source_paths"])}
        writer.writerow("" if values[name] is None else values[name] for name in _COLUMNS)
    table.detach()  # flushes; the file is the caller's to close

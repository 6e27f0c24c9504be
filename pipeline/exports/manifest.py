"""What is known of files that were exported: rows of the catalog, lines of a folder's manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.exports.target import ExportTarget
from schemas.records import ArtifactRecord, StoredFile
from schemas.tables import artifacts

MANIFEST = "sharp-batch-manifest"
EXPORT_PREFIX = "export:"  # of an artifact's kind; its path is absolute and outside the library
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


@dataclass(frozen=True, slots=True)
class Exported:
    """One file in a folder of exports."""

    file: str  # relative to the folder
    kind: str
    photo_id: str
    scene_id: str
    bytes: int
    sha256: str
    settings: dict[str, Any]  # what counts for the kind
    facts: dict[str, Any]  # what was decided for the scene
    name: str  # the template
    stem: str  # what came of it
    mtime_ns: int | None

    def artifact(self, target: ExportTarget) -> ArtifactRecord:
        """Return the row of the catalog."""
        path = target.catalog_path(self.file)
        record = {
            "to": target.text,
            "settings": self.settings,
            "facts": self.facts,
            "name": self.name,
            "stem": self.stem,
            "mtime_ns": self.mtime_ns,
        }
        return ArtifactRecord(
            hashlib.sha256(path.encode()).hexdigest()[:32],
            EXPORT_PREFIX + self.kind,
            self.photo_id,
            self.scene_id,
            StoredFile(path, self.bytes, self.sha256),
            json.dumps(record),
        )


def known_exports(connection: Connection, target: ExportTarget) -> list[Exported]:
    """Return what the catalog knows of a folder's exports, whether the files are there or not."""
    prefix = f"{target.text.rstrip('/')}/"
    query = sa.select(artifacts).where(
        artifacts.c.kind.startswith(EXPORT_PREFIX, autoescape=True),
        artifacts.c.path.startswith(prefix, autoescape=True),
    )
    known = []
    for row in connection.execute(query.order_by(artifacts.c.path)):
        record = json.loads(row.settings)
        if record["to"] == target.text:
            known.append(
                Exported(
                    row.path.removeprefix(prefix),
                    row.kind.removeprefix(EXPORT_PREFIX),
                    row.photo_id,
                    row.scene_id,
                    row.bytes,
                    row.sha256,
                    record["settings"],
                    record["facts"],
                    record["name"],
                    record["stem"],
                    record["mtime_ns"],
                )
            )
    return known


def manifest_lines(target: ExportTarget) -> Iterator[dict[str, Any]]:
    """Yield the lines of the manifest in a folder; one that cannot be read is none."""
    try:
        text = target.absolute(f"{MANIFEST}.jsonl").read_text("utf-8")
    except (OSError, ValueError):
        return
    for line in text.splitlines():
        try:
            fields = json.loads(line)
            if isinstance(fields, dict) and set(fields) == set(_COLUMNS):
                yield fields
        except ValueError:
            continue


def of_line(fields: dict[str, Any]) -> Exported:
    """Return what a line of a manifest says."""
    values = {name: fields[name] for name in _COLUMNS if name != "source_paths"}
    return Exported(**values)


def line_of(exported: Exported, source_paths: Sequence[str]) -> dict[str, Any]:
    """Return the line of a manifest for a file."""
    values = {name: getattr(exported, name) for name in _COLUMNS if name != "source_paths"}
    values |= {"source_paths": list(source_paths)}
    return {name: values[name] for name in _COLUMNS}


def write_manifest(target: ExportTarget, lines: Sequence[dict[str, Any]]) -> None:
    """Write the manifest as JSON Lines and as CSV, each whole or not at all."""
    as_json = "".join(f"{_json(line)}\n" for line in lines).encode()
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    for line in lines:
        packed = {name: _json(line[name]) for name in ("settings", "facts")}
        values = {**line, **packed, "source_paths": ";".join(line["source_paths"])}
        writer.writerow("" if values[name] is None else values[name] for name in _COLUMNS)
    as_csv = table.getvalue().encode()
    target.write(f"{MANIFEST}.jsonl", lambda file: file.write(as_json))
    target.write(f"{MANIFEST}.csv", lambda file: file.write(as_csv))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

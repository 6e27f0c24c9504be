"""Compares a folder's manifest with the catalog, and writes it again where they differ.

Both are read side by side in order of `file`, in flat memory. A manifest may also name files that
the catalog does not record: those of other libraries, whose lines stay while their files do, and
this library's own in a folder that was moved or after the catalog was rebuilt.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.in_lists import MOST_VALUES
from pipeline.exports.exported import (
    Exported,
    exports_with_sources,
    record_start,
    recorded_files,
)
from pipeline.exports.kinds.album import ALBUM_PARTS
from pipeline.exports.manifest import (
    MANIFEST_CSV,
    MANIFEST_JSONL,
    Line,
    exported_of,
    line_text,
    manifest_texts,
    parse_line,
    recorded_line_text,
    write_manifest,
)
from pipeline.exports.target import ExportTarget, is_unchanged
from schemas.tables import photos, scenes


@dataclass(slots=True)
class ManifestState:
    """How a manifest differs from the catalog."""

    is_current: bool = True
    is_sorted: bool = True
    folders: set[str] = field(default_factory=set)  # that recorded exports lie in
    # Unchanged files that the manifest names and the catalog does not record, by `file`:
    adopted: dict[str, Exported] = field(default_factory=dict)  # made of a scene of the catalog
    orphaned: dict[str, Exported] = field(default_factory=dict)  # of a photo; their scene is gone


class _Expected(NamedTuple):
    """A recorded export and the text of its line; none where its file is gone."""

    file: str
    text: bytes | None


def compare_manifest(connection: Connection, target: ExportTarget) -> ManifestState:
    """Compare the manifest with the catalog, and find exports that only the manifest names."""
    state = ManifestState()
    expected = _expected(connection, target)
    recorded = _next(expected, state)
    unknown: list[Line] = []
    last = ""
    has_lines = False
    for found in manifest_texts(target):
        if recorded is not None and found == recorded.text:
            last, has_lines = recorded.file, True
            recorded = _next(expected, state)
            continue
        line = parse_line(found)
        if line is None:
            continue
        file, has_lines = line["file"], True
        state.is_sorted &= last <= file
        last = file
        while recorded is not None and recorded.file < file:
            state.is_current &= recorded.text is None
            recorded = _next(expected, state)
        if recorded is not None and recorded.file == file:
            state.is_current &= found == recorded.text
            recorded = _next(expected, state)
            continue
        unknown.append(line)
        if len(unknown) == MOST_VALUES:
            _sort_out(connection, target, unknown, state)
            unknown.clear()
    _sort_out(connection, target, unknown, state)
    while recorded is not None:
        state.is_current &= recorded.text is None
        recorded = _next(expected, state)
    has_lines = has_lines or target.absolute(MANIFEST_JSONL).exists()
    state.is_current &= state.is_sorted and not state.adopted
    state.is_current &= not has_lines or target.absolute(MANIFEST_CSV).exists()
    return state


def rewrite_manifest(connection: Connection, target: ExportTarget) -> None:
    """Write the manifest again if the catalog or the folder has changed since.

    Raises PhotoError (`disk_full`) and RunError.
    """
    state = compare_manifest(connection, target)
    if not state.is_current:
        write_manifest(target, _merged_lines(connection, target, state))


def _expected(connection: Connection, target: ExportTarget) -> Iterator[_Expected]:
    folder, start = f"{target.folder}/", record_start(target)
    for recorded, paths in exports_with_sources(connection, target):
        is_there = os.path.isfile(folder + recorded.file)  # noqa: PTH113 - for a million files
        # Albums are put where others see them: these lines name no folders of this machine.
        named = [] if recorded.kind in ALBUM_PARTS else paths
        text = recorded_line_text(recorded, named, start) if is_there else None
        yield _Expected(recorded.file, text)


def _next(expected: Iterator[_Expected], state: ManifestState) -> _Expected | None:
    recorded = next(expected, None)
    if recorded is not None:
        state.folders.add(recorded.file.rpartition("/")[0])
    return recorded


def _sort_out(
    connection: Connection, target: ExportTarget, lines: Iterable[Line], state: ManifestState
) -> None:
    """Find out whose files these are; some hundreds are looked up by one statement each."""
    exports = [exported_of(line) for line in lines]
    if not exports:
        return
    recorded = recorded_files(connection, target, (exported.file for exported in exports))
    scene_ids = {exported.scene_id for exported in exports}
    owners = sa.select(scenes.c.scene_id, scenes.c.photo_id).where(scenes.c.scene_id.in_(scene_ids))
    photo_of_scene = {row.scene_id: row.photo_id for row in connection.execute(owners)}
    photo_ids = {exported.photo_id for exported in exports}
    recorded_photos = set(
        connection.scalars(sa.select(photos.c.photo_id).where(photos.c.photo_id.in_(photo_ids)))
    )
    for exported in exports:
        path = target.absolute(exported.file)
        if exported.file in recorded or not path.is_file():
            state.is_current = False
        elif is_unchanged(path, exported.bytes, exported.sha256, exported.mtime_ns):
            if photo_of_scene.get(exported.scene_id) == exported.photo_id:
                state.adopted[exported.file] = exported
            elif exported.photo_id in recorded_photos:
                state.orphaned[exported.file] = exported


def _merged_lines(
    connection: Connection, target: ExportTarget, state: ManifestState
) -> Iterator[bytes]:
    """Yield the lines of recorded exports, and other lines whose files are still there."""
    before: Iterable[Line] = filter(None, map(parse_line, manifest_texts(target)))
    if not state.is_sorted:  # a person has edited it
        before = sorted(before, key=lambda line: str(line["file"]))
    merged: Iterator[tuple[str, int, bytes | None]] = heapq.merge(
        ((file, 0, text) for file, text in _expected(connection, target)),
        ((line["file"], 1, line_text(line)) for line in before),
        key=lambda entry: entry[:2],
    )
    written = None
    for file, origin, text in merged:
        if text is None:
            continue
        if origin == 0:
            written = file
            yield text
        elif file != written and target.absolute(file).is_file():
            yield text

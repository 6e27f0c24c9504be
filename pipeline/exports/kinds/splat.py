"""Kinds named as splat formats are: the scene itself, for viewers and editors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import BUDGET, ExportKind, KindGroup, WriteExport
from sharp_core.formats.registry import FORMATS, write_scene
from sharp_core.models.entry import USUAL_GAUSSIANS

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene


def _writer(format_name: str) -> WriteExport:
    def write(file: BinaryIO, scene: ExportScene) -> None:
        if scene.is_whole and scene.record.format == format_name:  # as it is: nothing gets lost
            file.write(scene.stored_bytes())
            return
        write_scene(file, scene.within_budget, scene.info, format_name=format_name)

    return write


def splat_kinds() -> Iterator[ExportKind]:
    """Yield a kind for each splat format that can be written."""
    for entry in FORMATS:
        if entry.write is not None:
            yield ExportKind(
                entry.name,
                entry.label,
                KindGroup.SPLATS,
                entry.suffixes[0],
                _writer(entry.name),
                BUDGET,
                check=entry.check_works,
                usual_bytes=round(entry.bytes_per_gaussian * USUAL_GAUSSIANS),
            )

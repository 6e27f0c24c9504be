"""Kinds named as splat formats are: the scene itself, for viewers and editors."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from pipeline.exports.kind import ExportKind
from pipeline.exports.scene import ExportScene
from sharp_core.formats.registry import FORMATS, SplatFormat, write_scene


def _writer(splat_format: SplatFormat) -> Callable[[BinaryIO, ExportScene], None]:
    def write(file: BinaryIO, scene: ExportScene) -> None:
        if scene.record.format == splat_format.name:  # as it is: nothing gets lost
            file.write(scene.stored_bytes())
            return
        write_scene(file, scene.gaussians, scene.info, format_name=splat_format.name)

    return write


SPLATS = tuple(
    ExportKind(
        splat_format.name, "the scene, as a splat", splat_format.suffixes[0], _writer(splat_format)
    )
    for splat_format in FORMATS
    if splat_format.write is not None
)

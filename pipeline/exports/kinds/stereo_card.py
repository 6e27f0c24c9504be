"""Kinds `card` and `card-cross`: both eyes on a card of the classic size, to print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import METADATA, STEREO, ExportKind, KindGroup, WriteExport

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene


def _card(*, is_crossed: bool) -> WriteExport:
    def write(file: BinaryIO, scene: ExportScene) -> None:
        from pipeline.exports.kinds.images import write_image
        from sharp_core.spatial.stereo_card import DPI, stereo_card

        left, right = scene.eyes.shifted(scene.stereo.behind_px)
        pair = (right, left) if is_crossed else (left, right)
        write_image(file, scene, stereo_card(*pair, _caption(scene)), dpi=DPI)

    return write


def _caption(scene: ExportScene) -> str:
    record = scene.record
    name = record.title or (Path(record.paths[0]).stem if record.paths else "")
    return f"{name}, {record.taken_at:%Y}" if record.taken_at else name


_USES = (*STEREO, *METADATA, "image_format")
CARDS = (
    ExportKind(
        "card",
        "a stereo card of 7 x 3.5 inches: viewers with lenses",
        KindGroup.LIGHT_FIELDS,
        "_card.{image}",
        _card(is_crossed=False),
        _USES,
    ),
    ExportKind(
        "card-cross",
        "the same, right eye left: for eyes that squint",
        KindGroup.LIGHT_FIELDS,
        "_card_cross.{image}",
        _card(is_crossed=True),
        _USES,
    ),
)

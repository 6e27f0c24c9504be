"""Kinds `mp4`, `webp` and `gif`, clips of a moving eye; `wiggle`, a few views back and forth."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import CLIP, METADATA, STEREO, ExportKind, KindGroup, WriteExport

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_WIGGLE_LONG_SIDE = 640
_WIGGLE_PACES = {2: 7}  # views a second; more views take less time each
_WIGGLE_PACE = 10


def _clip(suffix: str) -> WriteExport:
    def write(file: BinaryIO, scene: ExportScene) -> None:
        from PIL import Image

        from pipeline.exports.kinds.clip_metadata import mp4_with_metadata, webp_with_exif
        from sharp_core.views.clips import ClipSettings

        settings = scene.settings
        clip = ClipSettings(
            long_side=settings.clip_long_side,
            trajectory=settings.trajectory,
            seconds=settings.seconds,
        )
        data = scene.clip(suffix, clip)
        if suffix == ".mp4":
            data = mp4_with_metadata(data, scene.record, strip_gps=settings.strip_gps)
        elif suffix == ".webp":
            with Image.open(io.BytesIO(data)) as picture:
                width, height = picture.size
            data = webp_with_exif(data, scene.exif_of(width, height, scene.photo))
        file.write(data)

    return write


def _check_mp4() -> None:
    from sharp_core.views.encode_clip import check_h264_encoder

    check_h264_encoder()


def _write_wiggle(file: BinaryIO, scene: ExportScene) -> None:
    from sharp_core.scene.cameras import fit_long_side
    from sharp_core.views.encode_clip import CLIP_FORMATS
    from sharp_core.views.stereo_images import render_wiggle

    settings, plan = scene.settings, scene.stereo
    small = fit_long_side(plan.view, settings.clip_long_side or _WIGGLE_LONG_SIDE)
    shift_px = round(plan.centered_px * small.width / plan.view.width)
    frames = render_wiggle(
        scene.renderer, replace(plan, view=small, centered_px=shift_px), settings.views
    )
    pace = _WIGGLE_PACES.get(settings.views, _WIGGLE_PACE)
    CLIP_FORMATS[".gif"].write(file, frames, pace)


CLIPS = (
    ExportKind(
        "mp4",
        "a parallax clip that loops",
        KindGroup.CLIPS,
        ".mp4",
        _clip(".mp4"),
        (*CLIP, *METADATA),
        _check_mp4,
        usual_bytes=700_000,
        usual_seconds=10.0,
    ),
    ExportKind(
        "webp",
        "the same as an animated picture",
        KindGroup.CLIPS,
        ".webp",
        _clip(".webp"),
        (*CLIP, *METADATA),
        usual_seconds=10.0,
    ),
    ExportKind(
        "gif",
        "the same, small, for anything",
        KindGroup.CLIPS,
        ".gif",
        _clip(".gif"),
        CLIP,
        usual_seconds=5.0,
    ),
    ExportKind(
        "wiggle",
        "two to six views, back and forth (GIF)",
        KindGroup.CLIPS,
        "_wiggle.gif",
        _write_wiggle,
        (*STEREO, "clip_long_side", "views"),
    ),
)

"""Kinds `sbs-mp4` and `tb-mp4`: clips of a moving eye for both eyes, in one MP4.

Headsets and televisions know the layout from a box of the file and from a message in the pictures
themselves; players that know neither go by the end of the name.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.exports.kind import CLIP, METADATA, STEREO, ExportKind, KindGroup, WriteExport

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_LONG_SIDE = 1280  # of each eye's picture


def _video(layout: str, mode: str) -> WriteExport:
    """Return the writer of a layout.

    `layout` is a function of `sharp_core.spatial.layouts`, `mode` a name that `StereoMode` and
    `FramePacking` share.
    """

    def write(file: BinaryIO, scene: ExportScene) -> Mapping[str, Any]:
        from pipeline.exports.kinds.clip_metadata import mp4_with_metadata
        from pipeline.exports.scene import comfort_of
        from sharp_core.spatial import layouts
        from sharp_core.spatial.stereo_mp4 import StereoMode, with_stereo_mode
        from sharp_core.views.clips import ClipSettings
        from sharp_core.views.encode_clip import CLIP_FORMATS, FramePacking, write_mp4
        from sharp_core.views.stereo_clip import plan_stereo_clip, render_stereo_clip

        settings = scene.settings
        clip = ClipSettings(
            long_side=settings.clip_long_side or _LONG_SIDE,
            trajectory=settings.trajectory,
            seconds=settings.seconds,
        )
        fps = CLIP_FORMATS[".mp4"].fps
        plan = plan_stereo_clip(
            scene.renderer, scene.in_view, scene.photo, clip, comfort_of(settings)
        )
        pairs = render_stereo_clip(scene.renderer, plan, clip, max(1, round(clip.seconds * fps)))
        arrange = getattr(layouts, layout)
        buffer = io.BytesIO()
        write_mp4(buffer, (arrange(*pair) for pair in pairs), fps, FramePacking[mode])
        data = mp4_with_metadata(buffer.getvalue(), scene.record, strip_gps=settings.strip_gps)
        file.write(with_stereo_mode(data, StereoMode[mode]))
        return plan.facts()

    return write


def _check() -> None:
    from sharp_core.views.encode_clip import check_h264_encoder

    check_h264_encoder()


_USES = (*CLIP, *(name for name in STEREO if name != "long_side"), *METADATA)
STEREO_VIDEOS = (
    ExportKind(
        "sbs-mp4",
        "a clip for both eyes side by side: headsets",
        KindGroup.CLIPS,
        "_LRF_Full_SBS.mp4",
        _video("side_by_side", "SIDE_BY_SIDE"),
        _USES,
        _check,
        usual_bytes=3_000_000,
        usual_seconds=40.0,
    ),
    ExportKind(
        "tb-mp4",
        "a clip for both eyes, left one above: headsets",
        KindGroup.CLIPS,
        "_TBF_fulltb.mp4",
        _video("top_bottom", "TOP_BOTTOM"),
        _USES,
        _check,
        usual_bytes=3_000_000,
        usual_seconds=40.0,
    ),
)

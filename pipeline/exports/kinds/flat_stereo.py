"""Kinds `sbs`, `half-sbs`, `tb`, `cross` and `anaglyph`: both eyes in one JPEG or PNG.

Their names end as players expect: LRF and SBS, LR and HSBS, TBF, RLF.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import METADATA, STEREO, ExportKind, KindGroup, WriteExport

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_USES = (*STEREO, *METADATA, "image_format")


def _layout(name: str) -> WriteExport:
    """Return the writer of a layout, a function of `sharp_core.spatial.layouts`."""

    def write(file: BinaryIO, scene: ExportScene) -> None:
        from pipeline.exports.kinds.images import write_image
        from sharp_core.spatial import layouts

        arrange = getattr(layouts, name)
        write_image(file, scene, arrange(*scene.eyes.shifted(scene.stereo.behind_px)))

    return write


def _write_anaglyph(file: BinaryIO, scene: ExportScene) -> None:
    from pipeline.exports.kinds.images import write_image
    from sharp_core.spatial.layouts import anaglyph

    # Half before the screen and half behind it: the glasses do not separate large disparities.
    image = anaglyph(*scene.eyes.shifted(scene.stereo.centered_px))
    write_image(file, scene, image, full_color=True)


FLAT_STEREO = (
    ExportKind(
        "sbs",
        "both eyes side by side, left one left: headsets, 3D televisions",
        KindGroup.STEREO,
        "_LRF_Full_SBS.{image}",
        _layout("side_by_side"),
        _USES,
    ),
    ExportKind(
        "half-sbs",
        "side by side, each squeezed to half its width: 3D televisions",
        KindGroup.STEREO,
        "_LR_HSBS.{image}",
        _layout("half_side_by_side"),
        _USES,
    ),
    ExportKind(
        "tb",
        "left eye above, right one below",
        KindGroup.STEREO,
        "_TBF_fulltb.{image}",
        _layout("top_bottom"),
        _USES,
    ),
    ExportKind(
        "cross",
        "side by side, right one left: for eyes that squint",
        KindGroup.STEREO,
        "_RLF_cross.{image}",
        _layout("crossed"),
        _USES,
    ),
    ExportKind(
        "anaglyph",
        "for red-cyan glasses (Dubois)",
        KindGroup.STEREO,
        "_redcyan_dubois.{image}",
        _write_anaglyph,
        _USES,
    ),
)

"""Kinds `sbs`, `half-sbs`, `tb`, `cross` and `anaglyph`: both eyes in one JPEG or PNG.

Their names end as players expect: LRF and SBS, LR and HSBS, TBF, RLF.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pipeline.exports.kind import METADATA, STEREO, ExportKind
from pipeline.exports.kinds.images import write_image
from pipeline.exports.scene import ExportScene
from sharp_core.spatial.layouts import (
    anaglyph,
    crossed,
    half_side_by_side,
    side_by_side,
    top_bottom,
)

_Pixels = npt.NDArray[np.uint8]
_USES = (*STEREO, *METADATA, "image_format")


def _layout(
    arrange: Callable[[_Pixels, _Pixels], _Pixels],
) -> Callable[[BinaryIO, ExportScene], None]:
    def write(file: BinaryIO, scene: ExportScene) -> None:
        write_image(file, scene, arrange(*scene.eyes.shifted(scene.stereo.behind_px)))

    return write


def _write_anaglyph(file: BinaryIO, scene: ExportScene) -> None:
    # Half before the screen and half behind it: the glasses do not part what is far apart.
    picture = anaglyph(*scene.eyes.shifted(scene.stereo.centered_px))
    write_image(file, scene, picture, full_color=True)


FLAT_STEREO = (
    ExportKind(
        "sbs",
        "both eyes side by side, left one left: headsets, 3D televisions",
        "_LRF_Full_SBS.{image}",
        _layout(side_by_side),
        _USES,
    ),
    ExportKind(
        "half-sbs",
        "side by side, each squeezed to half its width: 3D televisions",
        "_LR_HSBS.{image}",
        _layout(half_side_by_side),
        _USES,
    ),
    ExportKind(
        "tb", "left eye above, right one below", "_TBF_fulltb.{image}", _layout(top_bottom), _USES
    ),
    ExportKind(
        "cross",
        "side by side, right one left: for eyes that squint",
        "_RLF_cross.{image}",
        _layout(crossed),
        _USES,
    ),
    ExportKind(
        "anaglyph",
        "for red-cyan glasses (Dubois)",
        "_redcyan_dubois.{image}",
        _write_anaglyph,
        _USES,
    ),
)

"""From what is measured of a scene, and the flags of its photo, to a score from 0 to 1.

    score = depth * detail * integrity * photo

depth      half for relief, half for edges in depth: what makes a scene worth to look into
detail     a surface without detail shows no depth, whatever its shape
integrity  the scene shows the photo, has no holes and no strays, and its scale is plausible
photo      a factor for each flag: a screenshot makes no scene, however well it is rendered

Each measure counts by a ramp from 0 to 1. The ramps were chosen on 81 scenes of the model `small`
that were rated by eye (`tests/data/quality/README.md`). The score orders scenes of one model; it
does not compare models, whose depth differs in sharpness.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from schemas.quality import QualityFlag, SceneMeasures, SceneScore
from schemas.records import PhotoLook
from sharp_core.quality.coarse_scene import CoarseScene
from sharp_core.quality.scene import measure_scene

# Below this relief all is about a plane: a page on a table, a wall. It is where relief begins to
# count: `small` gives places without sky 0.45 of the range of disparity, so shallow scenes of real
# depth have 0.035 to 0.045.
FLAT_RELIEF = 0.03
# With a smaller median depth, metres are centimetres: lenses blur what is behind.
_MACRO_M = 0.3
_PLAUSIBLE_M = (0.1, 2000.0)  # of the median depth

_FACTORS: Mapping[QualityFlag, float] = {
    QualityFlag.SCREENSHOT: 0.1,
    QualityFlag.DOCUMENT: 0.1,
    QualityFlag.DRAWING: 0.1,
    QualityFlag.BLURRED: 0.3,
    QualityFlag.DARK: 0.5,
    QualityFlag.MACRO: 1.0,
    QualityFlag.NIGHT_SKY: 0.3,
    QualityFlag.PANORAMA: 0.3,
    QualityFlag.MIRROR_LIKE: 0.7,
    QualityFlag.FLAT: 0.4,
}


def score_of_scene(scene: CoarseScene, look: PhotoLook, focal_px: float, width: int) -> SceneScore:
    """Measure and score a scene of a photo of `width` pixels.

    Raises ValueError if nothing lies in front of the camera.
    """
    return score_scene(measure_scene(scene, look.picture, focal_px, width), look.flags)


def score_scene(measures: SceneMeasures, photo: Iterable[QualityFlag]) -> SceneScore:
    """Return the score of a scene, and its own flags. `photo` are the flags of its photo."""
    own = scene_flags(measures)
    factor = math.prod(_FACTORS[flag] for flag in {*photo, *own})
    score = _depth(measures) * _detail(measures) * _integrity(measures) * factor
    return SceneScore(round(score, 4), measures, own)


def scene_flags(measures: SceneMeasures) -> tuple[QualityFlag, ...]:
    """Return the flags that depth decides."""
    found = {
        QualityFlag.MACRO: measures.median_m < _MACRO_M,
        QualityFlag.FLAT: measures.relief < FLAT_RELIEF,
    }
    return tuple(flag for flag, is_so in found.items() if is_so)


def _depth(measures: SceneMeasures) -> float:
    ragged = 1 - 0.6 * _ramp(measures.edge_share, 0.05, 0.11)  # depth of leaves and lattices
    edges = _ramp(measures.edge_share, 0, 0.035)
    relief = _ramp(measures.relief, FLAT_RELIEF, 0.17)
    return (0.2 + 0.4 * relief + 0.4 * edges) * ragged


def _detail(measures: SceneMeasures) -> float:
    return 0.3 + 0.7 * _ramp(measures.detail_share, 0.08, 0.35)


def _integrity(measures: SceneMeasures) -> float:
    low, high = _PLAUSIBLE_M
    return (
        (0.3 + 0.7 * _ramp(measures.psnr_db, 12, 19))
        * (0.3 + 0.7 * _ramp(measures.ssim, 0.3, 0.55))
        * (1 - 0.8 * _ramp(measures.hole_share, 0.015, 0.1))
        * (1 - 0.8 * _ramp(measures.stray_share, 0.002, 0.02))
        * (1 - 0.6 * _ramp(measures.loose_edge_share, 0.35, 0.7))
        * (1 - 0.6 * _ramp(measures.depth_noise, 0.004, 0.012))
        * (1 if low < measures.median_m < high else 0.5)
    )


def _ramp(value: float, zero: float, one: float) -> float:
    """Return 0 up to `zero`, 1 from `one`, and a line in between."""
    return min(1.0, max(0.0, (value - zero) / (one - zero)))

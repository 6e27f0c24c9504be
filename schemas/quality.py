"""What is said of how good a photo and its scene are: flags, and a score with its parts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from schemas.explained import ExplainedStr

# Of the measures and rules that a score comes from. Scores of other versions do not compare.
SCORE_VERSION = 2
SCORE_PREFIX = f'{{"version": {SCORE_VERSION},'  # of the parts of a score, as they are recorded


class QualityFlag(ExplainedStr):
    """What speaks against a good scene. Rules: `sharp_core.quality.flags`."""

    SCREENSHOT = "screenshot", "a picture of a screen, not of a place"
    DOCUMENT = "document", "a page with writing"
    DRAWING = "drawing", "drawn or computed, not photographed"
    BLURRED = "blurred", "nothing in it is sharp"
    DARK = "dark", "most of it is too dark to see"
    MACRO = "macro", "taken from so close that its scale is uncertain"
    NIGHT_SKY = "night_sky", "stars, which have no depth to show"
    PANORAMA = "panorama", "a panorama or a 360° picture, which no single lens has taken"
    MIRROR_LIKE = "mirror_like", "a reflection that has the depth of what it shows"
    FLAT = "flat", "all of it lies near one plane: the scene shows hardly any depth"


# Photos with one of these are hidden in the gallery unless they are asked for.
WITHOUT_DEPTH = (
    QualityFlag.SCREENSHOT,
    QualityFlag.DOCUMENT,
    QualityFlag.DRAWING,
    QualityFlag.FLAT,
)


@dataclass(frozen=True, slots=True)
class SceneMeasures:
    """What is measured on a scene, by renders from the photo's eye and around it.

    Shares are of the pixels, 0 to 1. Disparity is the nearest depth over the depth.
    """

    psnr_db: float  # of the scene against the photo, from the photo's eye
    ssim: float
    hole_share: float  # where nothing is, from around the photo's eye
    parallax: float  # how far near and far things move apart, as a share of the picture's width
    relief: float  # deviation of disparity from a plane, root of the mean square
    depth_noise: float  # bends of disparity on surfaces
    stray_share: float  # points that stand out before or behind all around them
    edge_share: float  # where depth jumps
    loose_edge_share: float  # of those edges: where the photo shows no edge
    detail_share: float  # where the photo has detail
    near_m: float
    median_m: float


@dataclass(frozen=True, slots=True)
class SceneScore:
    """How good a scene is, 0 to 1, comparable among scenes of one model."""

    score: float
    measures: SceneMeasures
    flags: tuple[QualityFlag, ...] = ()  # of the scene

    def as_text(self) -> str:
        """Return the measures as JSON, with the version of the rules first."""
        parts = {name: round(value, 4) for name, value in asdict(self.measures).items()}
        return json.dumps({"version": SCORE_VERSION, **parts})

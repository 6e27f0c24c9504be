"""The settings of previews and exports: what is made of stored scenes, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from schemas.choices import ImageFormat, PreviewKind, Trajectory
from schemas.errors import UsageError
from schemas.registry import Lazy
from schemas.setting_fields import ChoiceSource, Setting, check_limits

# The mean distance of adult eyes (N. A. Dodgson, "Variation and extrema of human interpupillary
# distance", SPIE 5291, 2004).
EYE_DISTANCE_MM = 63.0
# Range of disparity from the nearest to the farthest object, as a share of the width. 3 % is about
# one degree on a television, and a baseline of 1/30 of the nearest distance.
MAX_DISPARITY = 0.03
CLIP_SECONDS = 2.0
# What can be chosen is registered in the packages above, which are not imported here.
_EXPORT_KINDS: Lazy[ChoiceSource] = Lazy("pipeline.exports.registry", "KINDS")


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """Which previews of a scene are made, and how.

    The ids of previews are made of these fields, their names and their order.
    """

    kinds: Annotated[
        tuple[PreviewKind, ...],
        Setting("What to make; can be given several times.", option="--kind"),
    ] = (PreviewKind.CLIP,)
    trajectory: Annotated[Trajectory, Setting("How the eye of a clip moves.")] = (
        Trajectory.ROTATE_FORWARD
    )
    seconds: Annotated[float, Setting("Length of a clip.", minimum=0.1, maximum=60)] = CLIP_SECONDS
    long_side: Annotated[
        int | None,
        Setting(
            "Pixels of the long side; else what suits the format.",
            option="--width",
            key="width",
            minimum=16,
            example=640,
        ),
    ] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", tuple(dict.fromkeys(self.kinds)))
        if not self.kinds:
            raise UsageError("--kind: name at least one kind of preview")
        check_limits(self)


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """Which files are made of a scene, how they look, and what they are called."""

    kinds: Annotated[
        tuple[str, ...],
        Setting(
            "What to make; can be given several times.",
            choices=_EXPORT_KINDS,
            option="--kind",
            example=["spatial-heic"],
        ),
    ]
    name: Annotated[
        str,
        Setting(
            "Template of names, over a record's fields (see query) and stem, folder, taken "
            "and camera: '{taken:%Y/%m}/{stem}_{camera}'."
        ),
    ] = "{stem}"
    long_side: Annotated[
        int,
        Setting(
            "Pixels of the long side of an eye and of a depth map, never above the photo's.",
            option="--width",
            key="width",
            minimum=16,
        ),
    ] = 2048
    clip_long_side: Annotated[
        int | None,
        Setting(
            "Pixels of a clip's long side; else what suits the format.",
            option="--clip-width",
            key="clip_width",
            minimum=16,
            example=960,
        ),
    ] = None
    image_format: Annotated[
        ImageFormat, Setting("Format of flat stereo images, as sbs and anaglyph.")
    ] = ImageFormat.JPEG
    baseline_mm: Annotated[
        float, Setting("Distance of the eyes; smaller for scenes that come too near.")
    ] = EYE_DISTANCE_MM
    converge_m: Annotated[
        float | None,
        Setting("Distance of the screen; else the nearest object of each scene.", example=2.5),
    ] = None
    max_disparity: Annotated[
        float, Setting("Largest range of disparity, as a share of the picture's width.")
    ] = MAX_DISPARITY
    trajectory: Annotated[Trajectory, Setting("How the eye of a clip moves.")] = (
        Trajectory.ROTATE_FORWARD
    )
    seconds: Annotated[float, Setting("Length of a clip.", minimum=0.1, maximum=60)] = CLIP_SECONDS
    views: Annotated[int, Setting("Views of a wiggle, 2 to 6.", minimum=2, maximum=6)] = 4
    strip_gps: Annotated[bool, Setting("Leave out where photos were taken.")] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", tuple(dict.fromkeys(self.kinds)))
        if not self.kinds:
            raise UsageError("--kind: name at least one kind of export")
        check_limits(self)

"""The settings of previews and exports: what is made of stored scenes, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from schemas.budgets import BudgetSettings, gaussians_limit
from schemas.choices import ImageFormat, PreviewKind, QuiltDevice, RenderDevice, Trajectory
from schemas.errors import UsageError
from schemas.registry import Lazy
from schemas.setting_fields import ChoiceSource, Setting, check_limits, setting_field

# The mean distance of adult eyes (N. A. Dodgson, "Variation and extrema of human interpupillary
# distance", SPIE 5291, 2004).
EYE_DISTANCE_MM = 63.0
# Range of disparity from the nearest to the farthest object, as a share of the width. 3 % is about
# one degree on a television, and a baseline of 1/30 of the nearest distance.
MAX_DISPARITY = 0.03
CLIP_SECONDS = 2.0
# Of a lenticular print: a common sheet, and a resolution of ink-jet printers.
LENSES_PER_INCH = 60.0
PRINT_DPI = 720
MOST_PRINT_DOTS = 20_000  # across or down: a square print takes 1.2 GB of memory
Eye = tuple[float, float, float]  # metres right, down and ahead of the photo's camera
# What can be chosen is registered in the packages above, which are not imported here.
_EXPORT_KINDS: Lazy[ChoiceSource] = Lazy("pipeline.exports.registry", "KINDS")


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """Which previews of a scene are made, and how.

    The ids of previews are made of these fields, their names and their order.
    """

    kinds: Annotated[
        tuple[PreviewKind, ...],
        Setting("Kind of file to make; can be repeated.", option="--kind"),
    ] = (PreviewKind.CLIP,)
    trajectory: Annotated[Trajectory, Setting("Camera path of the clip.")] = (
        Trajectory.ROTATE_FORWARD
    )
    seconds: Annotated[float, Setting("Length of a clip in seconds.", minimum=0.1, maximum=60)] = (
        CLIP_SECONDS
    )
    long_side: Annotated[
        int | None,
        Setting(
            "Pixels of the long side; default: depends on the format.",
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
            "Kind of file to make; can be repeated.",
            choices=_EXPORT_KINDS,
            option="--kind",
            example=["spatial-heic"],
        ),
    ]
    name: Annotated[
        str,
        Setting(
            "Template of file names, with a record's fields (see query) and stem, folder, taken "
            "and camera, such as '{taken:%Y/%m}/{stem}_{camera}'."
        ),
    ] = "{stem}"
    long_side: Annotated[
        int,
        Setting(
            "Pixels of the long side of each eye's image and of depth maps, at most the photo's.",
            option="--width",
            key="width",
            minimum=16,
        ),
    ] = 2048
    clip_long_side: Annotated[
        int | None,
        Setting(
            "Pixels of a clip's long side; default: depends on the format.",
            option="--clip-width",
            key="clip_width",
            minimum=16,
            example=960,
        ),
    ] = None
    image_format: Annotated[
        ImageFormat, Setting("File format of flat stereo images, such as sbs and anaglyph.")
    ] = ImageFormat.JPEG
    baseline_mm: Annotated[
        float, Setting("Baseline between the two cameras in mm; reduced for near scenes.")
    ] = EYE_DISTANCE_MM
    converge_m: Annotated[
        float | None,
        Setting("Zero-parallax distance in metres; default: the nearest object.", example=2.5),
    ] = None
    max_disparity: Annotated[
        float, Setting("Maximum range of disparity, as a fraction of the image's width.")
    ] = MAX_DISPARITY
    trajectory: Annotated[Trajectory, Setting("Camera path of the clip.")] = (
        Trajectory.ROTATE_FORWARD
    )
    seconds: Annotated[float, Setting("Length of a clip in seconds.", minimum=0.1, maximum=60)] = (
        CLIP_SECONDS
    )
    views: Annotated[int, Setting("Number of views of a wiggle, 2 to 6.", minimum=2, maximum=6)] = 4
    quilt: Annotated[QuiltDevice, Setting("Looking Glass display that a quilt is for.")] = (
        QuiltDevice.GO
    )
    whole_frame: Annotated[
        bool,
        Setting("Show the whole photo in a quilt, with black borders, instead of filling it."),
    ] = False
    lpi: Annotated[
        float,
        Setting(
            "Lenses per inch of the lenticular sheet, as a pitch test finds them.",
            minimum=10,
            maximum=300,
        ),
    ] = LENSES_PER_INCH
    dpi: Annotated[
        int, Setting("Dots per inch of the lenticular print.", minimum=72, maximum=4800)
    ] = PRINT_DPI
    print_width_mm: Annotated[
        float, Setting("Width of the lenticular print in mm.", minimum=10, maximum=1500)
    ] = 150.0
    lens_views: Annotated[
        int | None,
        Setting(
            "Number of views under each lens; default: one for each dot, at most 24.",
            minimum=2,
            maximum=100,
            example=12,
        ),
    ] = None
    strip_gps: Annotated[bool, Setting("Remove GPS positions from the files.")] = False
    # Of splats and web pages. A named budget becomes its number.
    max_gaussians: Annotated[int | None, setting_field(BudgetSettings, "max_gaussians").setting] = (
        None
    )
    budget: Annotated[str | None, setting_field(BudgetSettings, "budget").setting] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", tuple(dict.fromkeys(self.kinds)))
        if not self.kinds:
            raise UsageError("--kind: name at least one kind of export")
        check_limits(self)
        limit = gaussians_limit(self.max_gaussians, self.budget)
        object.__setattr__(self, "max_gaussians", limit)
        object.__setattr__(self, "budget", None)
        self._check_print()

    def _check_print(self) -> None:
        per_lens = self.dpi / self.lpi
        if per_lens < max(2, self.lens_views or 2):
            raise UsageError(
                f"a print of {self.dpi} DPI has {per_lens:.1f} dots under each of {self.lpi:g} "
                f"lenses per inch, too few for {self.lens_views or 2} views",
                "Choose fewer --lens-views, a higher --dpi or a lower --lpi.",
            )
        width = self.print_width_mm / 25.4 * self.dpi
        if width > MOST_PRINT_DOTS:
            raise UsageError(
                f"a print of {self.print_width_mm:g} mm at {self.dpi} DPI has {width:,.0f} dots "
                f"across, and at most {MOST_PRINT_DOTS:,} can be made",
                "Choose a lower --dpi or --print-width-mm.",
            )


def _parse_eye(option: str, text: str) -> Eye:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is not a position", "Write X,Y,Z in metres, such as 0.05,0,0."
        ) from error
    return x, y, z


@dataclass(frozen=True, slots=True)
class RenderFileSettings:
    """How one splat file is rendered, as a clip or as a still."""

    trajectory: Annotated[
        Trajectory | None,
        Setting(f"Camera path of the clip; default: {Trajectory.ROTATE_FORWARD}."),
    ] = None
    steps: Annotated[
        int | None,
        Setting(f"Number of frames of a clip; default: {CLIP_SECONDS:g} seconds.", minimum=2),
    ] = None
    fps: Annotated[
        int | None, Setting("Frames per second; default: depends on the format.", minimum=1)
    ] = None
    long_side: Annotated[
        int | None,
        Setting(
            "Pixels of the long side, at most the photo's; default: depends on the format.",
            option="--width",
            minimum=16,
        ),
    ] = None
    depth: Annotated[
        bool, Setting("Show depth instead of colours, from blue (near) to red (far).")
    ] = False
    eye: Annotated[
        Eye | None,
        Setting(
            "Camera position of a still: metres right, down and ahead of the photo's camera.",
            metavar="X,Y,Z",
            parse=_parse_eye,
        ),
    ] = None
    crop: Annotated[
        bool,
        Setting(
            "Crop uncovered borders.", help_off="Show the full frame with its uncovered borders."
        ),
    ] = True
    device: Annotated[
        RenderDevice, Setting("Device of the renderer; auto selects the fastest.")
    ] = RenderDevice.AUTO

    def __post_init__(self) -> None:
        check_limits(self)

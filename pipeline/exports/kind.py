"""The definition of an export kind. Each is in a file of `kinds`; `registry` lists them all.

These files are imported for help texts and menus, so they import torch, PyAV and the like only
where they write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO

from schemas.choices import ImageFormat
from schemas.export_settings import ExportSettings

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene
    from sharp_core.scene.cameras import Intrinsics

# The settings that change the written file, by group.
STEREO = ("long_side", "baseline_mm", "converge_m", "max_disparity")
METADATA = ("strip_gps",)
BUDGET = ("max_gaussians",)
CLIP = ("clip_long_side", "trajectory", "seconds")
# The fact of a file that shows less than it will once the photo's own file can be read.
PROVISIONAL = "provisional"
_IMAGE_SUFFIXES = {ImageFormat.JPEG: "jpg", ImageFormat.PNG: "png"}

# Returns what was decided for the scene, for the manifest; None: what `ExportScene` knows of it.
WriteExport = Callable[[BinaryIO, "ExportScene"], Mapping[str, Any] | None]


class KindGroup(StrEnum):
    """What kinds are for. Packages that add kinds may have groups of their own."""

    SPATIAL = "Spatial photos"
    STEREO = "Stereo images"
    LIGHT_FIELDS = "Light fields and prints"
    CLIPS = "Clips"
    SPLATS = "Splats"
    DEPTH = "Depth"
    TABLES = "Tables"
    PAGES = "Web pages"


def works_everywhere() -> None:
    """Check nothing: what the kind needs is always installed."""


def takes_all_photos(_settings: ExportSettings, _photo: Intrinsics) -> str:
    """Refuse no photo."""
    return ""


def no_more_name(_settings: ExportSettings) -> str:
    """Add nothing to the name of a file."""
    return ""


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One kind: a file a scene, or several. To add one, write its file, name it in `registry`."""

    name: str
    label: str  # a line for help and menus
    group: str
    suffix: str  # what follows the photo's name; {image} stands for jpg or png
    write: WriteExport
    uses: tuple[str, ...] = ()  # names of the settings that change what is written
    # Called before anything starts. Raises MissingToolError that says what to install.
    check: Callable[[], None] = works_everywhere
    # Why there can be no such file of a photo of this camera; empty where there may be one.
    refuses: Callable[[ExportSettings, Intrinsics], str] = takes_all_photos
    # Of one scene of 12 megapixels, by the default settings on two cores, its reading included.
    usual_bytes: int = 2_000_000
    usual_seconds: float = 2.0
    # What the settings add to a file's name, before its suffix.
    name_end: Callable[[ExportSettings], str] = no_more_name
    folder: str = ""  # below the folder of exports, with a slash at its end
    # The kinds of one file each that this one consists of; it has no file of its own then, and the
    # folder of exports is one thing, which photos leave again that filters no longer select.
    parts: tuple[ExportKind, ...] = ()

    def suffix_for(self, settings: ExportSettings) -> str:
        """Return what follows the photo's name."""
        suffix = self.suffix.format(image=_IMAGE_SUFFIXES[settings.image_format])
        return self.name_end(settings) + suffix

    def settings_text(self, settings: ExportSettings) -> str:
        """Return the settings that count for this kind, as JSON: a change makes the file due."""
        return json.dumps(
            {"kind": self.name, **{name: getattr(settings, name) for name in self.uses}}
        )

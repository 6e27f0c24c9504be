"""What a kind of export is. Each lives in a file of this folder; `registry` lists them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.exports.scene import ExportScene
from schemas.settings import ExportSettings, ImageFormat

# The settings that change what is written, by what is made of a scene.
STEREO = ("long_side", "baseline_mm", "converge_m", "max_disparity")
METADATA = ("strip_gps",)
CLIP = ("clip_long_side", "trajectory", "seconds")
_IMAGE_SUFFIXES = {ImageFormat.JPEG: "jpg", ImageFormat.PNG: "png"}


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One kind: one file a scene. To add one, write its file and name it in `registry`."""

    name: str
    help: str
    suffix: str  # what follows the photo's name; {image} stands for jpg or png
    write: Callable[[BinaryIO, ExportScene], None]
    uses: tuple[str, ...] = ()  # names of the settings that change what is written

    def suffix_for(self, settings: ExportSettings) -> str:
        """Return what follows the photo's name."""
        return self.suffix.format(image=_IMAGE_SUFFIXES[settings.image_format])

    def settings_text(self, settings: ExportSettings) -> str:
        """Return the settings that count for this kind, as JSON: others make other files."""
        return json.dumps(
            {"kind": self.name, **{name: getattr(settings, name) for name in self.uses}}
        )

"""Write Gaussians as SOG version 2: one bundle, or a folder with its files."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.bundle import sog_files, write_sog_planes
from sharp_core.formats.sog.planes import SogPlanes
from sharp_core.formats.sog.quantize import quantize
from sharp_core.formats.sog.settings import PRESETS, SogOptions
from sharp_core.scene.gaussians import Gaussians


def write_sog(
    file: BinaryIO,
    gaussians: Gaussians,
    info: SceneInfo | None = None,
    options: SogOptions | None = None,
) -> None:
    """Write a bundle. Raises ValueError, naming the field, if the Gaussians are not valid."""
    write_sog_planes(file, prepare_sog(gaussians, info, options), info, options)


def prepare_sog(
    gaussians: Gaussians, info: SceneInfo | None = None, options: SogOptions | None = None
) -> SogPlanes:
    """Quantise on the device of the Gaussians. The result has a third of their size.

    Raises ValueError, naming the field, if the Gaussians are not valid.
    """
    gaussians.check()
    return quantize(gaussians, info, PRESETS[(options or SogOptions()).preset])


def write_sog_folder(
    meta_path: Path,
    gaussians: Gaussians,
    info: SceneInfo | None = None,
    options: SogOptions | None = None,
) -> None:
    """Write the images and, as the last file, meta.json."""
    options = options or SogOptions()
    planes = prepare_sog(gaussians, info, options)
    for name, content in sog_files(planes, info, options).items():
        (meta_path.parent / name).write_bytes(content)

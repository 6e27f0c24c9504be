"""What one splat file holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.scenes.convert_file import file_bytes
from pipeline.scenes.read import read_splat_file
from schemas.records import RECORDED_DEPTHS
from sharp_core.formats.registry import format_of
from sharp_core.formats.scene import SceneInfo
from sharp_core.scene.gaussians import depth_quantiles, distance_quantiles


@dataclass(frozen=True, slots=True)
class SplatDetails:
    """Facts of a splat file. Lengths are metres; x is right, y down, z ahead of the camera."""

    path: str
    format: str
    bytes: int
    gaussians: int
    sh_degree: int
    least: tuple[float, float, float]  # of x, y, z over all centres
    greatest: tuple[float, float, float]
    depths_m: tuple[float, ...] | None  # quantiles RECORDED_DEPTHS; none if nothing lies ahead
    photo: SceneInfo | None  # what the file says about its photo
    notes: tuple[str, ...]  # what was left out, repaired or assumed


def splat_details(path: Path, axes: str | None = None) -> SplatDetails:
    """Read a splat file whole, and return what it holds. Raises PhotoError if it is damaged."""
    scene = read_splat_file(path, axes)
    means = scene.gaussians.means
    least, greatest = (tuple(bound.tolist()) for bound in means.aminmax(dim=0))
    goes_around = scene.info is not None and scene.info.is_360
    quantiles = distance_quantiles if goes_around else depth_quantiles
    is_ahead = goes_around or bool((means[:, 2] > 0).any())
    return SplatDetails(
        path=str(path),
        format=format_of(path).name,
        bytes=file_bytes(path),
        gaussians=len(means),
        sh_degree=scene.sh_degree,
        least=least,
        greatest=greatest,
        depths_m=quantiles(scene.gaussians, RECORDED_DEPTHS) if is_ahead else None,
        photo=scene.info,
        notes=scene.notes,
    )

"""One photo to one splat file, by the same steps as in a run, without a library."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.decode import decode
from pipeline.decode.photo_depth import coarse_photo_depth
from pipeline.flow.model import ResolvedModel
from pipeline.metadata.focal import resolve_focal
from pipeline.metadata.read import read_metadata
from pipeline.scan.identify import identify
from pipeline.scan.read_file import read_sidecar, read_unchanged
from pipeline.scan.scan import FoundFile
from pipeline.scenes.info import GENERATOR
from pipeline.store.store import Store
from schemas.errors import PhotoError, UsageError
from schemas.settings import PhotoSettings
from sharp_core.formats.registry import format_of, write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.models.interface import PredictorInput
from sharp_core.scene.depth_scale import align_scale_to_depth
from sharp_core.scene.gaussians import depth_quantiles


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was made of the photo."""

    photo_path: str
    photo_id: str
    splat_path: str
    splat_bytes: int
    gaussians: int
    width: int
    height: int
    focal_px: float
    focal_source: str
    focal_warning: str | None
    depth_near_m: float
    depth_median_m: float
    depth_far_m: float
    depth_scale: float | None
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def check_paths(photo: Path, to: Path) -> None:
    """Raise UsageError where either path is of no use: before any weights are downloaded."""
    format_of(to)
    if not to.absolute().parent.is_dir():
        raise UsageError(f"the folder {to.absolute().parent} does not exist", "Make it first.")
    try:
        photo.stat()
    except OSError as error:
        raise UsageError(f"{photo}: {error.strerror}") from error


def predict_file(
    photo: Path,
    to: Path,
    model: ResolvedModel,
    settings: PhotoSettings,
    on_step: Callable[[str], None] = lambda _: None,
) -> Prediction:
    """Make a scene of `photo` and write it to `to`, whole or not at all.

    `on_step` is told the name of each step as it begins: decode, load, predict, write.
    Raises UsageError where either path is of no use, PhotoError where the photo is not.
    """
    check_paths(photo, to)
    splat_format = format_of(to)
    started = time.perf_counter()
    on_step("decode")
    stat = photo.stat()
    identified = identify(FoundFile(str(photo.absolute()), stat.st_size, stat.st_mtime_ns))
    if identified.error is not None:
        raise UsageError(f"{photo}: {identified.error}")
    file = identified.photo
    try:
        data = read_unchanged(file)
        meta = read_metadata(data, file.media_type, read_sidecar(file.path))
        pixels = decode.decode(data, file.media_type, meta.orientation, full_raw=settings.full_raw)
    except PhotoError as error:
        raise PhotoError(error.reason, f"{photo}: {error.message} ({error.reason})") from error
    height, width = pixels.shape[:2]
    focal = resolve_focal(meta.focal, width, height, settings.focal_35mm)
    depth_m = None
    if settings.photo_depth:
        depth_m = coarse_photo_depth(data, file.media_type, meta.orientation, width, height)
    on_step("load")
    predictor = model.load()
    on_step("predict")
    (predicted,) = predictor.predict([PredictorInput(pixels, focal.px)])
    on_step("write")
    scene, depth_scale = align_scale_to_depth(predicted, depth_m)
    info = SceneInfo(focal.px, width, height, file.photo_id, GENERATOR)
    stored = Store(to.absolute().parent).write(
        to.name, lambda out: write_scene(out, scene, info, format_name=splat_format.name)
    )
    near, median, far = depth_quantiles(scene, (0.01, 0.5, 0.99))
    return Prediction(
        photo_path=str(photo),
        photo_id=file.photo_id,
        splat_path=str(to),
        splat_bytes=stored.bytes,
        gaussians=len(scene),
        width=width,
        height=height,
        focal_px=focal.px,
        focal_source=focal.source,
        focal_warning=focal.warning,
        depth_near_m=near,
        depth_median_m=median,
        depth_far_m=far,
        depth_scale=depth_scale,
        seconds=round(time.perf_counter() - started, 3),
    )

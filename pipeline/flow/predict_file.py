"""One photo to one splat file, by the stages of a run, without a library."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.flow.encode_stage import EncodeStage
from pipeline.flow.model import ResolvedModel
from pipeline.flow.pack_scene import ScenePacker
from pipeline.flow.predict_stage import PredictStage
from pipeline.flow.single_photo import decode_photo, error_of
from pipeline.scenes.write import SingleSceneWriter
from pipeline.store.disk_errors import check_folder_of
from schemas.errors import UsageError
from schemas.outcomes import Done, Failed
from schemas.settings import PhotoSettings, SplatSettings
from sharp_core.formats.entry import SplatFormat
from sharp_core.formats.registry import format_to_write


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
    scale_source: str
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def check_paths(photo: Path, to: Path) -> None:
    """Raise UsageError where either path cannot be used: before any weights are downloaded."""
    format_to_write(to)
    check_folder_of(to)
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
    Raises UsageError where either path cannot be used, PhotoError where a run would record the
    photo as failed, and what loading the model raises.
    """
    check_paths(photo, to)
    started = time.perf_counter()
    predict = PredictStage(model, _packer_for(format_to_write(to)))
    encode = EncodeStage(model, settings, SingleSceneWriter(to, format_to_write(to).name))
    on_step("decode")
    decoded, pixels = decode_photo(photo, settings)
    on_step("load")
    predict.setup()
    on_step("predict")
    (predicted,) = predict.process([(decoded, pixels)])
    del pixels  # up to a few hundred MB that writing does not need
    if isinstance(predicted, Failed):
        raise error_of(photo, predicted)
    on_step("write")
    done = encode.process(decoded, *predicted)
    if isinstance(done, Failed):
        raise error_of(photo, done)
    return _prediction(photo, to, done, time.perf_counter() - started)


def _packer_for(target: SplatFormat) -> ScenePacker:
    """Return one that quantises where the format does so: that takes the least memory."""
    if target.preparation is None:
        return ScenePacker(SplatSettings(), keep_floats=True)
    return ScenePacker(SplatSettings(target.name))


def _prediction(photo: Path, to: Path, done: Done, seconds: float) -> Prediction:
    decoded, scene = done.photo, done.scene
    return Prediction(
        photo_path=str(photo),
        photo_id=decoded.file.photo_id,
        splat_path=str(to),
        splat_bytes=scene.splat.bytes,
        gaussians=scene.gaussians,
        width=decoded.view_size[0],
        height=decoded.view_size[1],
        focal_px=decoded.focal.px,
        focal_source=decoded.focal.source,
        focal_warning=decoded.focal.warning,
        depth_near_m=scene.depth_near_m,
        depth_median_m=scene.depth_median_m,
        depth_far_m=scene.depth_far_m,
        depth_scale=scene.depth_scale,
        scale_source=scene.scale_source or "",
        seconds=round(seconds, 3),
    )

"""Made-up outcomes for tests of the catalog: records as the stages make them."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.writer import CatalogWriter
from schemas.outcomes import Done, Failed
from schemas.reasons import FailureReason
from schemas.records import (
    ArtifactRecord,
    DecodedPhoto,
    FocalLength,
    FocalSource,
    MediaType,
    PhotoFile,
    PhotoMeta,
    ScaleSource,
    SceneRecord,
    StoredFile,
)

RUN = "run-1"
EXIF_FOCAL = FocalLength(3000.0, FocalSource.EXIF_35MM)


def new_catalog(root: Path, url: str | None = None) -> CatalogWriter:
    catalog = CatalogWriter(open_database(find_catalog(root, url), create=True))
    catalog.begin_run(RUN, "ingest", {})
    return catalog


def add_done(catalog: CatalogWriter, name: str, about: PhotoMeta | None = None) -> PhotoFile:
    """Record a photo with a scene, as a run does; return its file."""
    file = photo_file(name)
    catalog.add_found([(file, None)])
    catalog.record(done(file, about), RUN)
    return file


def last_written(library: Path, seconds_ago: float) -> None:
    """Set the time of the catalog's files, as a file system does in steps of its own."""
    at = int((time.time() - seconds_ago) * 1e9)
    for path in library.glob("catalog.sqlite*"):
        os.utime(path, ns=(at, at))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def photo_file(name: str, content: str | None = None) -> PhotoFile:
    return PhotoFile(digest(content or name), f"/photos/{name}", 1000, 7, MediaType.JPEG)


def meta(year: int = 2019, latitude: float | None = 48.8584, model: str = "X-E2") -> PhotoMeta:
    return PhotoMeta(
        camera_make="FUJIFILM",
        camera_model=model,
        taken_at=datetime(year, 7, 14, 18, 30),
        taken_at_offset=timedelta(hours=2),
        latitude=latitude,
        longitude=2.2945 if latitude is not None else None,
    )


def done(
    file: PhotoFile,
    about: PhotoMeta | None = None,
    model: str = "small",
    focal: FocalLength = EXIF_FOCAL,
    scale_source: ScaleSource | None = None,
) -> Done:
    """Return a scene of 4000 x 3000 pixels, as its model makes it with a focal length."""
    thumb = StoredFile(f"thumbs/{file.photo_id}.webp", 10, "0" * 64)
    photo = DecodedPhoto(file, about or meta(), focal, 4000, 3000, thumb, 0.1)
    other = "" if focal == EXIF_FOCAL else f"{focal.source} {focal.px}"
    scene_id = digest(f"{file.photo_id}{model}{other}")
    scene = SceneRecord(
        scene_id=scene_id,
        photo_id=file.photo_id,
        model=model,
        model_fingerprint=f"{model}-1",
        format="ply",
        quality=None,
        splat=StoredFile(f"scenes/{scene_id}.ply", 66, "1" * 64),
        gaussians=1_179_648,
        depth_near_m=0.8,
        depth_median_m=4.0,
        depth_far_m=60.0,
        depth_scale=None,
        scale_source=scale_source,
        predict_seconds=1.0,
        encode_seconds=0.2,
        user_focal_35mm=photo.user_focal_35mm,
    )
    return Done(photo, scene)


def failed(
    file: PhotoFile,
    reason: FailureReason = FailureReason.TRUNCATED,
    fingerprint: str | None = None,
) -> Failed:
    return Failed(file, "decode", reason, "cut off", "host", meta(), fingerprint)


def clip(scene: SceneRecord) -> ArtifactRecord:
    file = StoredFile(f"previews/{scene.scene_id}.clip.mp4", 20, "2" * 64)
    return ArtifactRecord(
        digest(f"{scene.scene_id} clip"), "clip", scene.photo_id, scene.scene_id, file, "{}"
    )

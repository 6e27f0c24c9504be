"""The catalog's tables. The catalog is the truth about a library; its version is a whole number.

Times are UTC, stored without a zone, except `taken_at`: the photo's own local time.
Paths of scenes and thumbnails are relative to the library, paths of photos absolute.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

import schemas.context_tables
import schemas.sql_types  # noqa: F401 - how both databases write the types
from schemas.table_metadata import SINCE, metadata

CATALOG_VERSION = 3

catalog_info = Table(
    "catalog_info",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("created_at", DateTime, nullable=False),
)

photos = Table(
    "photos",
    metadata,
    Column("photo_id", String(32), primary_key=True),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("message", String),
    Column("scene_id", String(32)),  # the best scene (catalog.best_scene); scenes point back
    Column("media_type", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("orientation", Integer),
    Column("focal_px", Float),
    Column("focal_source", String),
    Column("focal_warning", String),
    Column("focal_mm", Float),
    Column("focal_35mm", Float),
    Column("taken_at", DateTime),
    Column("taken_at_offset", String),
    Column("taken_at_utc", DateTime),
    Column("camera_make", String),
    Column("camera_model", String),
    Column("lens_model", String),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("altitude_m", Float),
    Column("taken_at_source", String),  # ContextSource, as is the next
    Column("position_source", String),
    Column("thumb_path", String),
    Column("found_at", DateTime, nullable=False),
    # By which version of the readers the columns above and below were read; none: not yet.
    Column("metadata_version", Integer),
    # What people and programs say of the photo, merged (`pipeline.context.merge`).
    Column("rating", Integer),
    Column("favorite", Boolean),
    Column("picked", Boolean),
    Column("title", String),
    Column("caption", String),
    Column("hidden", Boolean),
    Column("trashed", Boolean),
    Column("place_id", Integer),  # of places
    Column("place_source", String),  # ContextSource, or that the position gave the names
    Column("edited_of", String),
    Column("burst_id", String),
    # What is measured on the photo before a model sees it, and the moment that it belongs to.
    Column("exposure_bias_ev", Float),
    Column("thumb_hash", BigInteger),  # 64 bits of a perceptual hash, as a signed number
    Column("sharpness", Float),
    Column("exposure", Float),
    Column("group_id", String(32)),
    Column("group_kind", String),
    Column("group_rank", Integer),  # 0: the one that represents its group
    Column("score", Float),  # of the best scene
    Index("photos_by_state", "state", "reason"),
    # With what else a query asks for, so that only rows that it selects are read.
    Index(
        "photos_by_time",
        *("taken_at", "photo_id", "latitude", "longitude", "camera_make", "camera_model"),
        *("hidden", "trashed"),
    ),
    Index("photos_by_state_and_time", "state", "taken_at", "photo_id", "hidden", "trashed"),
    Index("photos_by_camera", "camera_model"),
    Index(
        "photos_by_place",
        *("latitude", "longitude", "taken_at", "camera_make", "camera_model"),
        *("hidden", "trashed"),
    ),
    Index("photos_by_make", "camera_make"),
    Index("photos_by_lens", "lens_model"),
    Index("photos_by_rating", "rating", "hidden", "trashed"),
    Index("photos_by_favorite", "favorite", "hidden", "trashed"),
    Index("photos_by_hidden", "hidden"),
    Index("photos_by_trashed", "trashed"),
    Index("photos_by_place_name", "place_id", "hidden", "trashed"),
    Index("photos_by_group", "group_id", "group_rank"),
    Index("photos_by_burst", "burst_id"),
    Index("photos_by_score", "score", "hidden", "trashed"),
)

photo_paths = Table(
    "photo_paths",
    metadata,
    Column("path", String, primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("skip_reason", String),  # this path is skipped; the photo may have others
    Column("missing_at", DateTime),  # since when the file is gone
    Index("photo_paths_by_photo", "photo_id"),
)

# Files beside a photo that say something about it, in the state in which they were last read for
# it. One file may belong to several photos: IMG.xmp is the sidecar of IMG.JPG and of IMG.CR3.
context_files = Table(
    "context_files",
    metadata,
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("path", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    info={SINCE: 2},
)

# Focal lengths that a person has set, at most one from each source. A photo uses the one of the
# most trusted source; it stays until the person takes it back.
user_focals = Table(
    "user_focals",
    metadata,
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("source", String, primary_key=True),  # UserFocalSource
    Column("focal_35mm", Float, nullable=False),
    Column("set_at", DateTime, nullable=False),
    info={SINCE: 2},
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("command", String, nullable=False),
    Column("state", String, nullable=False),  # a RunState
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("settings", String, nullable=False),  # JSON
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Column("due", Integer),
    Column("done", Integer),
    Column("failed", Integer),
    Column("seconds", Float),
    Column("under_way", String),  # JSON: photo_ids in the run's own process, which may die of them
)

scenes = Table(
    "scenes",
    metadata,
    Column("scene_id", String(32), primary_key=True),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("run_id", ForeignKey("runs.run_id")),
    Column("model", String, nullable=False),
    Column("model_fingerprint", String, nullable=False),
    Column("format", String, nullable=False),
    Column("quality", String),  # how finely a SOG stores the scene
    Column("splat_path", String, nullable=False),
    Column("splat_bytes", BigInteger, nullable=False),
    Column("splat_sha256", String(64), nullable=False),
    Column("gaussians", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("focal_px", Float, nullable=False),
    Column("focal_source", String, nullable=False),
    Column("user_focal_35mm", Float),  # that a person had set when the scene was made
    Column("depth_near_m", Float, nullable=False),
    Column("depth_median_m", Float, nullable=False),
    Column("depth_far_m", Float, nullable=False),
    Column("depth_scale", Float),  # by which the photo's own depth has corrected the scene
    Column("decode_seconds", Float),
    Column("predict_seconds", Float),
    Column("encode_seconds", Float),
    Column("created_at", DateTime, nullable=False),
    Column("verified_at", DateTime),  # when its file was last found to be whole
    Column("score", Float),  # how well the scene came out, 0 to 1
    Column("score_parts", String),  # JSON: what the score was computed from
    Column("scale_source", String),  # what gave the scene its metric scale
    Index("scenes_by_photo", "photo_id"),
    Index("scenes_by_check", "verified_at"),
    Index("scenes_by_model", "model", "format", "splat_bytes"),  # all that status sums up
    Index("scenes_by_scale", "scale_source", "photo_id"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("artifact_id", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("scene_id", ForeignKey("scenes.scene_id")),
    Column("run_id", ForeignKey("runs.run_id")),
    Column("path", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("settings", String),  # JSON
    Column("created_at", DateTime, nullable=False),
    Index("artifacts_by_photo", "photo_id", "kind"),
    Index("artifacts_by_kind", "kind", "bytes"),
    Index("artifacts_by_path", "path"),
    Index("artifacts_by_scene", "scene_id"),
)

failures = Table(
    "failures",
    metadata,
    Column("failure_id", Integer, primary_key=True, autoincrement=True),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("run_id", ForeignKey("runs.run_id")),
    Column("stage", String, nullable=False),
    Column("model_fingerprint", String),  # none where the photo itself is at fault
    Column("attempt", Integer, nullable=False),
    Column("is_final", Boolean, nullable=False),  # else a worker died, and it was tried again
    Column("reason", String, nullable=False),
    Column("message", String, nullable=False),
    Column("host", String, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Index("failures_by_photo", "photo_id"),
)


def utc_now() -> datetime:
    """Return the time now as the catalog stores it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)

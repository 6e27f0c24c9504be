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
import schemas.search_tables
import schemas.share_tables
import schemas.sql_types  # noqa: F401 - how both databases write the types
from schemas.table_metadata import ABOUT, NOT_IN_SNAPSHOT, SINCE, metadata

CATALOG_VERSION = 6

catalog_info = Table(
    "catalog_info",
    metadata,
    Column("version", Integer, primary_key=True, doc="Catalog version"),
    Column("created_at", DateTime, nullable=False, doc="When the catalog was made"),
    info={ABOUT: "The version of the catalog, one row."},
)

photos = Table(
    "photos",
    metadata,
    Column("photo_id", String(32), primary_key=True, doc="Hash of the bytes of the file"),
    Column("state", String, nullable=False, doc="done, failed, skipped or due"),
    Column("reason", String, doc="Why it failed or was skipped"),
    Column("message", String, doc="What was found, in words"),
    Column("scene_id", String(32), doc="The best scene; scenes point back"),
    Column("media_type", String, nullable=False, doc="What the file is by its content"),
    Column("bytes", BigInteger, nullable=False, doc="Size of the file"),
    Column("width", Integer, doc="Pixels of the upright photo"),
    Column("height", Integer, doc="Pixels of the upright photo"),
    Column("orientation", Integer, doc="EXIF orientation, 1 to 8"),
    Column("focal_px", Float, doc="Focal length in pixels of the upright photo"),
    Column("focal_source", String, doc="Where the focal length comes from"),
    Column("focal_warning", String, doc="Doubts about the focal length"),
    Column("focal_mm", Float, doc="Focal length of the lens, from the metadata"),
    Column("focal_35mm", Float, doc="35 mm equivalent, from the metadata"),
    Column("taken_at", DateTime, doc="Local time of the photo"),
    Column("taken_at_offset", String, doc="Offset of that time from UTC, as +02:00"),
    Column("taken_at_utc", DateTime, doc="The same moment in UTC, where the offset is known"),
    Column("camera_make", String, doc="From the metadata"),
    Column("camera_model", String, doc="From the metadata"),
    Column("lens_model", String, doc="From the metadata"),
    Column("latitude", Float, doc="Degrees, north is positive"),
    Column("longitude", Float, doc="Degrees, east is positive"),
    Column("altitude_m", Float, doc="Metres above sea level"),
    Column("taken_at_source", String, doc="What said when: a source of context"),
    Column("position_source", String, doc="What said where: a source of context"),
    Column("thumb_path", String, doc="Thumbnail, in the library"),
    Column("found_at", DateTime, nullable=False, doc="When the photo was first found"),
    Column(
        "metadata_version",
        Integer,
        doc="By which version of the readers the metadata was read; none: not yet",
    ),
    # What people and programs say of the photo, merged (`pipeline.context.merge`).
    Column("rating", Integer, doc="-1 rejected, 0 none, 1 to 5 stars"),
    Column("favorite", Boolean, doc="A favorite of its photo library"),
    Column("picked", Boolean, doc="A person chose it among similar photos"),
    Column("title", String, doc="Merged from the sources of context"),
    Column("caption", String, doc="Merged from the sources of context"),
    Column("hidden", Boolean, doc="Hidden in its photo library"),
    Column("trashed", Boolean, doc="In the trash of its photo library"),
    Column("place_id", Integer, doc="Names of the place"),
    Column("place_source", String, doc="What gave the names: a source of context, or position"),
    Column("edited_of", String, doc="Of an edit: file name of its original, in its folder"),
    Column("burst_id", String, doc="Id of its burst, from the camera or the program"),
    # What is measured on the photo before a model sees it, and the moment that it belongs to.
    Column("exposure_bias_ev", Float, doc="Exposure compensation, in stops"),
    Column("thumb_hash", BigInteger, doc="64 bits of a perceptual hash, as a signed number"),
    Column("sharpness", Float, doc="Measured on the photo, to choose among alike ones"),
    Column("exposure", Float, doc="Measured on the photo, to choose among alike ones"),
    Column("group_id", String(32), doc="Photos of one moment have the same"),
    Column("group_kind", String, doc="What kind of group it is"),
    Column("group_rank", Integer, doc="0: the photo that represents its group"),
    Column("score", Float, doc="Score of the best scene, 0 to 1"),
    Column(
        "text_id",
        Integer,
        doc="Row of its text to search in; numbers are compared faster than ids",
        info={NOT_IN_SNAPSHOT: True},
    ),
    Index("photos_by_state", "state", "reason"),
    # With what else a query asks for, so that only rows that it selects are read.
    Index(
        "photos_by_time",
        *("taken_at", "photo_id", "latitude", "longitude", "camera_make", "camera_model"),
        *("hidden", "trashed"),
    ),
    Index(
        "photos_by_state_and_time",
        *("state", "taken_at", "photo_id", "hidden", "trashed"),
        *("group_id", "group_rank", "scene_id", "score", "text_id"),
    ),
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
    Index("photos_by_place_name", "place_id", "hidden", "trashed", "latitude", "longitude"),
    Index("photos_by_group", "group_id", "group_rank"),
    Index("photos_by_burst", "burst_id"),
    Index("photos_by_score", "score", "hidden", "trashed"),
    info={ABOUT: "One row for each content: copies of a file are one photo."},
)

photo_paths = Table(
    "photo_paths",
    metadata,
    Column("path", String, primary_key=True, doc="Absolute path"),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("bytes", BigInteger, nullable=False, doc="Size when it was last read"),
    Column("mtime_ns", BigInteger, nullable=False, doc="Time of change when it was last read"),
    Column("skip_reason", String, doc="Why this path is skipped; the photo may have others"),
    Column("missing_at", DateTime, doc="Since when the file is gone"),
    Index("photo_paths_by_photo", "photo_id"),
    info={ABOUT: "Where photos are; a photo may have several paths."},
)

# Files beside a photo that say something about it, in the state in which they were last read for
# it. One file may belong to several photos: IMG.xmp is the sidecar of IMG.JPG and of IMG.CR3.
context_files = Table(
    "context_files",
    metadata,
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("path", String, primary_key=True, doc="Absolute path"),
    Column("kind", String, nullable=False, doc="xmp or takeout"),
    Column("bytes", BigInteger, nullable=False, doc="Size when it was last read"),
    Column("mtime_ns", BigInteger, nullable=False, doc="Time of change when it was last read"),
    info={
        SINCE: 2,
        ABOUT: "Files beside a photo that say something about it, as they were last read for it.",
    },
)

# Focal lengths that a person has set, at most one from each source. A photo uses the one of the
# most trusted source; it stays until the person takes it back.
user_focals = Table(
    "user_focals",
    metadata,
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("source", String, primary_key=True, doc="What set it"),
    Column("focal_35mm", Float, nullable=False, doc="35 mm equivalent"),
    Column("set_at", DateTime, nullable=False, doc="When it was set"),
    info={
        SINCE: 2,
        ABOUT: "Focal lengths that a person has set, at most one from each source.",
    },
)

user_marks = Table(
    "user_marks",
    metadata,
    Column("photo_id", ForeignKey("photos.photo_id"), primary_key=True),
    Column("favorite", Boolean, nullable=False),
    Column("set_at", DateTime, nullable=False),
    info={
        SINCE: 4,
        ABOUT: "What a person has said of a photo in the gallery. It counts before other sources.",
    },
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String, primary_key=True, doc="Time of its start, and a random part"),
    Column("command", String, nullable=False, doc="ingest, preview, export and the like"),
    Column("state", String, nullable=False, doc="running, finished, interrupted or failed"),
    Column("host", String, nullable=False, doc="Machine of the driver"),
    Column("pid", Integer, nullable=False, doc="Process of the driver"),
    Column("settings", String, nullable=False, doc="JSON"),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Column("due", Integer, doc="Photos or scenes to work on"),
    Column("done", Integer),
    Column("failed", Integer),
    Column("seconds", Float, doc="Wall time"),
    Column(
        "under_way",
        String,
        doc="JSON: photos in the process of the run itself, which may die of them",
    ),
    info={ABOUT: "One row for each run."},
)

scenes = Table(
    "scenes",
    metadata,
    Column("scene_id", String(32), primary_key=True, doc="Hash of photo, model and settings"),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("run_id", ForeignKey("runs.run_id")),
    Column("model", String, nullable=False),
    Column("model_fingerprint", String, nullable=False, doc="Identifies weights and code"),
    Column("format", String, nullable=False),
    Column("quality", String, doc="Quality preset of the format"),
    Column("splat_path", String, nullable=False, doc="Splat file, in the library"),
    Column("splat_bytes", BigInteger, nullable=False),
    Column("splat_sha256", String(64), nullable=False),
    Column("gaussians", Integer, nullable=False, doc="How many"),
    Column("width", Integer, nullable=False, doc="Pixels of the photo that the scene shows"),
    Column("height", Integer, nullable=False, doc="Pixels of the photo that the scene shows"),
    Column("focal_px", Float, nullable=False, doc="In those pixels"),
    Column("focal_source", String, nullable=False),
    Column("user_focal_35mm", Float, doc="That a person had set when the scene was made"),
    Column("depth_near_m", Float, nullable=False, doc="Depth in metres: 1 % is nearer"),
    Column("depth_median_m", Float, nullable=False, doc="Median depth in metres"),
    Column("depth_far_m", Float, nullable=False, doc="Depth in metres: 1 % is farther"),
    Column("depth_scale", Float, doc="By which the depth map of a phone has corrected the scene"),
    Column("decode_seconds", Float),
    Column("predict_seconds", Float),
    Column("encode_seconds", Float),
    Column("created_at", DateTime, nullable=False),
    Column("verified_at", DateTime, doc="When its file was last found to be whole"),
    Column("score", Float, doc="How well the scene came out, 0 to 1"),
    Column("score_parts", String, doc="JSON: what the score was computed from"),
    Column("scale_source", String, doc="What gave the scene its metric scale"),
    Index("scenes_by_photo", "photo_id"),
    Index("scenes_by_check", "verified_at"),
    Index("scenes_by_model", "model", "format", "splat_bytes"),  # all that status sums up
    Index("scenes_by_scale", "scale_source", "photo_id"),
    info={ABOUT: "One row for each scene; a photo may have several, of several models."},
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("artifact_id", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("scene_id", ForeignKey("scenes.scene_id")),
    Column("run_id", ForeignKey("runs.run_id")),
    Column("path", String, nullable=False, doc="In the library"),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("settings", String, doc="JSON"),
    Column("created_at", DateTime, nullable=False),
    Index("artifacts_by_photo", "photo_id", "kind"),
    Index("artifacts_by_kind", "kind", "bytes"),
    Index("artifacts_by_path", "path"),
    Index("artifacts_by_scene", "scene_id"),
    info={ABOUT: "Previews: clips and stills of scenes."},
)

failures = Table(
    "failures",
    metadata,
    Column("failure_id", Integer, primary_key=True, autoincrement=True),
    Column("photo_id", ForeignKey("photos.photo_id"), nullable=False),
    Column("run_id", ForeignKey("runs.run_id")),
    Column("stage", String, nullable=False, doc="scan, decode, predict, encode and the like"),
    Column("model_fingerprint", String, doc="NULL where the photo itself is at fault"),
    Column("attempt", Integer, nullable=False, doc="1 for the first"),
    Column(
        "is_final",
        Boolean,
        nullable=False,
        doc="Otherwise a worker died, and the photo was tried again",
    ),
    Column("reason", String, nullable=False),
    Column("message", String, nullable=False),
    Column("host", String, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Index("failures_by_photo", "photo_id"),
    info={ABOUT: "Every failure, in the order of time."},
)


def utc_now() -> datetime:
    """Return the time now as the catalog stores it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)

"""Columns of photos: what a file says of its photo, and the update of many photos at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from pipeline.catalog.text import clean_text, offset_text
from schemas.records import FocalLength, PhotoMeta
from schemas.tables import photos

KEY = "key"  # of the photo's id, among the values of `update_by_key`
FOCAL_COLUMNS = ("focal_px", "focal_source", "focal_warning")
TIME_COLUMNS = ("taken_at", "taken_at_offset", "taken_at_utc", "taken_at_source")
POSITION_COLUMNS = ("latitude", "longitude", "altitude_m", "position_source")


def update_by_key(names: Iterable[str], **same: object) -> sa.Update:
    """Return the statement that sets columns of many photos, each its own, and others alike."""
    own: dict[str, object] = {name: sa.bindparam(name) for name in names}
    return photos.update().where(photos.c.photo_id == sa.bindparam(KEY)).values({**same, **own})


def focal_columns(focal: FocalLength) -> dict[str, object]:
    """Return the values of the columns of a focal length."""
    return dict(zip(FOCAL_COLUMNS, (focal.px, focal.source, focal.warning), strict=True))


def known_columns(columns: dict[str, object]) -> dict[str, object]:
    """Leave out the date and the position where the file has none: its context may have them."""
    gone = [
        name
        for names in (TIME_COLUMNS, POSITION_COLUMNS)
        if columns[names[0]] is None
        for name in names
    ]
    return {name: value for name, value in columns.items() if name not in gone}


def meta_columns(meta: PhotoMeta) -> dict[str, object]:
    """Return the values of the columns of a file's metadata."""
    utc: datetime | None = None
    if meta.taken_at is not None and meta.taken_at_offset is not None:
        utc = meta.taken_at - meta.taken_at_offset
    return {
        "orientation": meta.orientation,
        "focal_mm": meta.focal.focal_mm,
        "focal_35mm": meta.focal.focal_35mm,
        "taken_at": meta.taken_at,
        "taken_at_offset": offset_text(meta.taken_at_offset),
        "taken_at_utc": utc,
        "camera_make": clean_text(meta.camera_make),
        "camera_model": clean_text(meta.camera_model),
        "lens_model": clean_text(meta.lens_model),
        "latitude": meta.latitude,
        "longitude": meta.longitude,
        "altitude_m": meta.altitude_m,
        "taken_at_source": meta.taken_at_source,
        "position_source": meta.position_source,
        "exposure_bias_ev": meta.bracket_bias_ev,
    }

"""What a photo's file says of it, as values of columns of photos."""

from __future__ import annotations

from datetime import datetime

from pipeline.catalog.text import clean_text, offset_text
from schemas.records import FocalLength, PhotoMeta

FOCAL_COLUMNS = ("focal_px", "focal_source", "focal_warning")
_TIME_COLUMNS = ("taken_at", "taken_at_offset", "taken_at_utc", "taken_at_source")
_POSITION_COLUMNS = ("latitude", "longitude", "altitude_m", "position_source")


def focal_columns(focal: FocalLength) -> dict[str, object]:
    """Return the values of the columns of a focal length."""
    return dict(zip(FOCAL_COLUMNS, (focal.px, focal.source, focal.warning), strict=True))


def known_columns(columns: dict[str, object]) -> dict[str, object]:
    """Leave out the date and the position where the file has none: its context may have them."""
    gone = [
        name
        for names in (_TIME_COLUMNS, _POSITION_COLUMNS)
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

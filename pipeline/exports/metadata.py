"""The EXIF of an export: the photo's own, without entries that do not apply to the export.

Entries are copied byte for byte. Missing ones come from the catalog, as those from XMP, or where
the photo's file is gone.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PIL import ImageCms
from PIL.ExifTags import GPS, Base

from pipeline.catalog.text import path_on_disk
from pipeline.metadata.blocks import find_blocks
from pipeline.scan.identify import photo_id_of
from schemas.program import GENERATOR
from schemas.records import MediaType, PhotoRecord
from sharp_core.containers.exif import Exif, read_exif_blocks
from sharp_core.containers.exif_write import exif_bytes, rational_entry, text_entry
from sharp_core.containers.tiff import BYTE, LONG, SHORT, Entry, integer_entry
from sharp_core.scene.cameras import Intrinsics

# Of the first directory only what tells of the photo: the rest tells how a file stores its pixels.
_IMAGE_TAGS = frozenset(
    {
        Base.ImageDescription,
        Base.Make,
        Base.Model,
        Base.DateTime,
        Base.Artist,
        Base.HostComputer,
        Base.Copyright,
        Base.Rating,
        Base.RatingPercent,
        Base.XPTitle,
        Base.XPComment,
        Base.XPAuthor,
        Base.XPKeywords,
        Base.XPSubject,
    }
)
# A maker's note may lead to another file, as a Live Photo's does, and points into its own; the
# last two are Microsoft's: room that was left for more, and how far that has moved a note.
_MAKER_TAGS = frozenset({Base.MakerNote, Base.ExifInteroperabilityOffset, 0xEA1C, 0xEA1D})
_SUBJECT_AREA = 0x9214
# These count in pixels of the photo.
_PIXEL_TAGS = frozenset(
    {
        Base.CompressedBitsPerPixel,
        Base.FocalPlaneXResolution,
        Base.FocalPlaneYResolution,
        Base.FocalPlaneResolutionUnit,
        _SUBJECT_AREA,
        Base.SubjectLocation,
    }
)
_EXIF_TAGS_LEFT = _MAKER_TAGS | _PIXEL_TAGS
_SRGB, _UPRIGHT = 1, 1
SCREEN_DPI = 72  # of pictures that no one prints at a size
_FULL_FRAME_MM = 36.0
_GPS_VERSION = (2, 3, 0, 0)


def photo_exif(record: PhotoRecord, media_type: MediaType, *, strip_gps: bool) -> Exif:
    """Return what is carried over of a photo: from its file if that is there, else the catalog."""
    found = _of_file(record, media_type)
    image = {tag: entry for tag, entry in found.image.items() if tag in _IMAGE_TAGS}
    exif = {tag: entry for tag, entry in found.exif.items() if tag not in _EXIF_TAGS_LEFT}
    image = {**_known_image(record), **image}
    if not any(tag in exif for tag in (Base.DateTimeOriginal, Base.DateTimeDigitized)):
        exif.update(_known_time(record))
    if record.lens_model:
        exif.setdefault(Base.LensModel, text_entry(record.lens_model))
    gps: Mapping[int, Entry] = {}
    if not strip_gps:
        gps = found.gps if GPS.GPSLatitude in found.gps else {**found.gps, **_known_place(record)}
    return Exif(image, exif, gps)


def picture_exif(
    photo: Exif, seen: Intrinsics, width: int, height: int, dpi: int = SCREEN_DPI
) -> bytes:
    """Return the EXIF of a picture of `width` x `height` pixels that shows `seen`, upright."""
    image = {
        **photo.image,
        Base.Software: text_entry(GENERATOR),
        Base.Orientation: integer_entry(SHORT, _UPRIGHT),
        Base.XResolution: rational_entry(dpi),
        Base.YResolution: rational_entry(dpi),
        Base.ResolutionUnit: integer_entry(SHORT, 2),
    }
    # Of one eye: viewers take the angle of view from it.
    equivalent = min(0xFFFF, max(1, round(_FULL_FRAME_MM * seen.fx / seen.width)))
    exif = {
        **photo.exif,
        Base.ColorSpace: integer_entry(SHORT, _SRGB),
        Base.ExifImageWidth: integer_entry(LONG, width),
        Base.ExifImageHeight: integer_entry(LONG, height),
        Base.FocalLengthIn35mmFilm: integer_entry(SHORT, equivalent),
    }
    return exif_bytes(replace(photo, image=image, exif=exif))


@functools.cache
def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB that is the same at any time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07d000010001000000000000")  # made on 1 January 2000
    profile[84:100] = bytes(16)  # no checksum
    return bytes(profile)


def capture_seconds(record: PhotoRecord) -> float | None:
    """Return when the photo was taken, in seconds since 1970; local time where no offset says."""
    if record.taken_at is None:
        return None
    text = record.taken_at.isoformat() + (record.taken_at_offset or "")
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromisoformat(text).timestamp()
    return None


def _of_file(record: PhotoRecord, media_type: MediaType) -> Exif:
    """Read the first of a photo's files that is there and still holds that photo."""
    for path in record.paths:
        try:
            data = Path(path_on_disk(path)).read_bytes()
        except OSError:
            continue
        if photo_id_of(data) != record.photo_id:
            continue
        blocks = find_blocks(data, media_type)
        return read_exif_blocks(blocks.exif, blocks.gps)
    return Exif()


def _known_image(record: PhotoRecord) -> dict[int, Entry]:
    texts = {Base.Make: record.camera_make, Base.Model: record.camera_model}
    return {tag: text_entry(text) for tag, text in texts.items() if text}


def _known_time(record: PhotoRecord) -> dict[int, Entry]:
    if record.taken_at is None:
        return {}
    entries: dict[int, Entry] = {
        Base.DateTimeOriginal: text_entry(record.taken_at.strftime("%Y:%m:%d %H:%M:%S"))
    }
    if record.taken_at.microsecond:
        decimals = f"{record.taken_at.microsecond:06d}".rstrip("0")
        entries[Base.SubsecTimeOriginal] = text_entry(decimals)
    if record.taken_at_offset:
        entries[Base.OffsetTimeOriginal] = text_entry(record.taken_at_offset)
    return entries


def _known_place(record: PhotoRecord) -> dict[int, Entry]:
    entries: dict[int, Entry] = {}
    if record.latitude is not None and record.longitude is not None:
        entries[GPS.GPSLatitudeRef] = text_entry("S" if record.latitude < 0 else "N")
        entries[GPS.GPSLatitude] = _degrees(record.latitude)
        entries[GPS.GPSLongitudeRef] = text_entry("W" if record.longitude < 0 else "E")
        entries[GPS.GPSLongitude] = _degrees(record.longitude)
    if record.altitude_m is not None:
        entries[GPS.GPSAltitudeRef] = integer_entry(BYTE, int(record.altitude_m < 0))
        entries[GPS.GPSAltitude] = rational_entry(abs(record.altitude_m))
    return {GPS.GPSVersionID: integer_entry(BYTE, *_GPS_VERSION), **entries} if entries else {}


def _degrees(angle: float) -> Entry:
    minutes, seconds = divmod(abs(angle) * 3600, 60)
    degrees, minutes = divmod(minutes, 60)
    return rational_entry(int(degrees), int(minutes), round(seconds, 5))

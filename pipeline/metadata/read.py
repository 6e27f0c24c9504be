"""A photo file's bytes -> PhotoMeta: camera, time, place, orientation and focal length tags.

EXIF counts first, and XMP fills in what EXIF lacks. When and where a photo was taken, a sidecar
corrects. Nothing raises: a tag that is broken is a missing one. No pixel is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from PIL.ExifTags import Base

from pipeline.metadata.blocks import MetadataBlocks, find_blocks, find_xmp_beside
from pipeline.metadata.exif import ExifTags, read_tags
from pipeline.metadata.position import read_position
from pipeline.metadata.taken import read_time_taken
from pipeline.metadata.xmp import read_xmp
from schemas.program import is_of_this_program
from schemas.records import FocalTags, MediaType, PanoramaTags, PhotoMeta
from sharp_core.containers.exif_values import Rational, as_number, as_rational, as_text
from sharp_core.containers.iptc import read_iptc

_SPACES = re.compile(r"\s+")
_NO_LENS = re.compile(r"[\W_]*|0+(\.0+)? ?mm f/0+(\.0+)?|unknown|none", re.IGNORECASE)
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # Exif 3.0, FocalPlaneResolutionUnit
_AUTO_BRACKET = 2  # Exif 3.0, ExposureMode
_INCH = 2  # the unit where none is given
_CANON_WIDTHS = range(480, 20_000)  # pixels
_SUBJECT_DISTANCE_RANGE, _MACRO = 0xA40C, 1  # Exif 3.0
_CLOSE_M = 0.3
_MOST_PIXELS = 1 << 24  # a side
_EQUIVALENT = "exif:FocalLengthIn35mmFilm"
_OWN_EQUIVALENT = "sharpbatch:FocalLength35mm"  # always a person's word

Xmp = Mapping[str, str]


def read_metadata(data: bytes, media_type: MediaType, sidecar: bytes | None = None) -> PhotoMeta:
    """Read what a photo says of itself from its file's bytes and from its XMP sidecar's.

    A few milliseconds; raises nothing. `orientation` is the one that EXIF gives: where the
    container has a rotation of its own (HEIF), that one counts instead, and is the decoder's.
    """
    return metadata_of(find_blocks(data, media_type), sidecar)


def metadata_of(blocks: MetadataBlocks, sidecar: bytes | None = None) -> PhotoMeta:
    """Read the same from metadata that was found in a file before."""
    exif = read_tags(blocks.exif, blocks.gps)
    beside = read_xmp(find_xmp_beside(sidecar)) if sidecar else {}
    inside = read_xmp(blocks.xmp)
    xmp = {**inside, **beside}
    taken = read_time_taken(exif, inside, beside, read_iptc(blocks.iptc or b""))
    place = read_position(exif.gps, inside, beside)
    focal = replace(
        _read_focal(exif, xmp, blocks), sidecar_focal_35mm=_read_users_focal(exif, inside, beside)
    )
    return PhotoMeta(
        camera_make=focal.camera_make,
        camera_model=focal.camera_model,
        lens_model=_read_lens(exif, xmp),
        taken_at=taken.local if taken else None,
        taken_at_offset=taken.offset if taken else None,
        latitude=place.latitude,
        longitude=place.longitude,
        altitude_m=place.altitude_m,
        orientation=_read_orientation(exif),
        is_own_export=is_of_this_program(as_text(exif.main.get(Base.Software))),
        focal=focal,
        taken_at_source=taken.source if taken else None,
        position_source=place.source,
        bracket_bias_ev=_read_bracket_bias(exif),
        is_close_up=_is_close_up(exif),
        panorama=_read_panorama(xmp),
        is_lens_corrected=xmp.get("crs:LensProfileEnable") == "1"
        and xmp.get("crs:AlreadyApplied") == "True",
    )


def _read_bracket_bias(exif: ExifTags) -> float | None:
    """Return the exposure compensation of a frame of a bracket, in EV."""
    if as_number(exif.main.get(Base.ExposureMode)) != _AUTO_BRACKET:
        return None
    return as_number(exif.main.get(Base.ExposureBiasValue))


def _text(exif: ExifTags, tag: Base, xmp: Xmp, *names: str) -> str | None:
    texts = [as_text(exif.main.get(tag)), *(as_text(xmp.get(name)) for name in names)]
    return next((_SPACES.sub(" ", text) for text in texts if text), None)


def _positive(exif: ExifTags, tag: Base, xmp: Xmp, name: str) -> float | None:
    numbers = (as_number(exif.main.get(tag)), as_number(xmp.get(name)))
    return next((number for number in numbers if number and number > 0), None)


def _read_lens(exif: ExifTags, xmp: Xmp) -> str | None:
    lens = _text(exif, Base.LensModel, xmp, "exifEX:LensModel", "aux:Lens")
    return None if lens is None or _NO_LENS.fullmatch(lens) else lens


def _is_close_up(exif: ExifTags) -> bool:
    """Tell whether the camera was set to its macro range, or focused at most 30 cm away."""
    if as_number(exif.main.get(_SUBJECT_DISTANCE_RANGE)) == _MACRO:
        return True
    distance_m = as_number(exif.main.get(Base.SubjectDistance))
    return distance_m is not None and 0 < distance_m <= _CLOSE_M


def _read_panorama(xmp: Xmp) -> PanoramaTags:
    """Read the projection as Google's panorama viewers do ("Photo Sphere XMP Metadata")."""
    cropped, full = "CroppedAreaImage{}Pixels", "FullPano{}Pixels"
    size = [_whole(xmp, full.format(side)) for side in ("Width", "Height")]
    inside = [_whole(xmp, cropped.format(side)) for side in ("Width", "Height")]
    corner = [_whole(xmp, f"CroppedArea{side}Pixels") for side in ("Left", "Top")]
    return PanoramaTags(
        projection=(as_text(xmp.get("GPano:ProjectionType")) or "").lower() or None,
        full_size=(size[0], size[1]) if all(size) else None,
        crop=(max(corner[0], 0), max(corner[1], 0), inside[0], inside[1]) if all(inside) else None,
    )


def _whole(xmp: Xmp, name: str) -> int:
    """Return a number of pixels; 0 where it is missing or not a useful one."""
    number = as_number(xmp.get(f"GPano:{name}"))
    return int(number) if number is not None and 0 < number < _MOST_PIXELS else 0


def _read_orientation(exif: ExifTags) -> int:
    value = as_number(exif.main.get(Base.Orientation)) or 1
    return int(value) if value in range(1, 9) else 1


def _read_users_focal(exif: ExifTags, inside: Xmp, beside: Xmp) -> float | None:
    """Return the 35 mm equivalent that a person has written into the sidecar.

    Programs copy the file's own value into their sidecars: such a copy does not count.
    """
    own = as_number(beside.get(_OWN_EQUIVALENT))
    if own and own > 0:
        return own
    told = as_number(beside.get(_EQUIVALENT))
    copied = _positive(exif, Base.FocalLengthIn35mmFilm, inside, _EQUIVALENT)
    return told if told and told > 0 and told != copied else None


def _read_focal(exif: ExifTags, xmp: Xmp, blocks: MetadataBlocks) -> FocalTags:
    make = _text(exif, Base.Make, xmp, "tiff:Make")
    width = _positive(exif, Base.ExifImageWidth, xmp, "exif:PixelXDimension")
    height = _positive(exif, Base.ExifImageHeight, xmp, "exif:PixelYDimension")
    plane = exif.main.get(Base.FocalPlaneXResolution) or xmp.get("exif:FocalPlaneXResolution")
    per_unit = as_number(plane)
    unit = _positive(exif, Base.FocalPlaneResolutionUnit, xmp, "exif:FocalPlaneResolutionUnit")
    unit_mm = _MM_PER_UNIT.get(int(unit or _INCH), _MM_PER_UNIT[_INCH])
    return FocalTags(
        focal_mm=_positive(exif, Base.FocalLength, xmp, "exif:FocalLength"),
        focal_35mm=_positive(exif, Base.FocalLengthIn35mmFilm, xmp, _EQUIVALENT),
        plane_pixels_per_mm=per_unit / unit_mm if per_unit and per_unit > 0 else None,
        plane_width=_canon_width(make, as_rational(plane)),
        exif_width=int(width) if width else None,
        exif_height=int(height) if height else None,
        uncropped_size=blocks.uncropped_size,
        off_centre=blocks.off_centre or _read_off_centre(xmp),
        digital_zoom=_positive(exif, Base.DigitalZoomRatio, xmp, "exif:DigitalZoomRatio"),
        camera_make=make,
        camera_model=_text(exif, Base.Model, xmp, "tiff:Model"),
        intrinsics_focal_px=blocks.intrinsics_focal_px,
    )


def _read_off_centre(xmp: Xmp) -> float:
    """Return how far a crop is off the centre that Lightroom or Camera Raw has made and tells."""
    if xmp.get("crs:HasCrop") != "True" or xmp.get("crs:AlreadyApplied") != "True":
        return 0.0
    found = 0.0
    for first, last in (("Left", "Right"), ("Top", "Bottom")):
        start, end = (as_number(xmp.get(f"crs:Crop{side}")) for side in (first, last))
        if start is not None and end is not None and 0 <= start < end <= 1:
            found = max(found, abs((start + end) / 2 - 0.5) / (end - start))
    return found


def _canon_width(make: str | None, resolution: Rational | None) -> int | None:
    """Return the picture width that Canon's focal plane resolution was written for.

    Canon writes it as thousandths: 5184000 / 905 per inch is 5184 pixels on 0.905 inch. Editors
    that resize the picture leave it alone, so it still tells the sensor's size.
    """
    if not resolution or not (make or "").lower().startswith("canon"):
        return None
    width, rest = divmod(resolution.numerator, 1000)
    return int(width) if rest == 0 and int(width) in _CANON_WIDTHS else None

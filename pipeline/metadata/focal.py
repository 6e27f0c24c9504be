"""What a file's tags say of its focal length -> focal length in pixels, its source, and doubts.

Pixels are those of the upright picture. The sources, most trusted first: the user (or the sidecar),
the camera's own calibration, the 35 mm equivalent, the focal plane's resolution, the sensor's size
from a table, a guess from the millimetres alone, and a common lens. A value that no lens can have
is passed over. f_px = f_mm * pixels / sensor_mm everywhere; a 35 mm equivalent refers to diagonals
(CIPA DCG-001, 2005).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.metadata.sensors import SensorSize, sensor_size
from schemas.records import DEFAULT_FOCAL_35MM, FocalLength, FocalSource, FocalTags

_FILM_DIAGONAL_MM = math.hypot(36, 24)
_GUESS_BELOW_MM = 10.0  # shorter lenses are those of phones and compacts ...
_GUESS_FACTOR = 8.4  # ... and their sensors are about this much smaller than film
_GUESS_35MM = (20.0, 600.0)  # outside, the millimetres are more likely wrong than the lens rare
_FIELD_OF_VIEW = (0.7, 150.0)  # degrees over the diagonal: superzooms reach 3000 mm equivalent
_SENSOR_LONG_MM = (3.2, 60.0)  # of cameras that write a focal plane resolution
_SAME_SENSOR = 0.15  # published and written sizes of one sensor differ by up to this much
_STATED_SENSOR = 0.25  # a size that the maker states is wrong by a factor of 2 or not at all
_LEAST_CROP = 0.5  # of the sensor's long side; less is more often a picture scaled down
_CAMERA_SHAPES = (1 / 1, 4 / 3, 3 / 2, 16 / 9)  # that cameras offer; others are an editor's work
_LEAST_OFF_CENTRE = 0.02  # of the side; lenses themselves are off their sensors by up to 1 %
_AGREEMENT = (1 / 1.1, 1.1)
_MOST_ZOOM = 20.0
_FISHEYE_DEGREES = 120.0
_PANORAMA_ASPECT = 2.6


@dataclass(frozen=True, slots=True)
class _Picture:
    """The upright picture, without regard to how it was held."""

    long: int
    short: int

    @property
    def diagonal(self) -> float:
        return math.hypot(self.long, self.short)

    def has_shape_of(self, long: float, short: float) -> bool:
        """Tell if it can be a scaled copy of `long` x `short` pixels, within a pixel or 0.7 %."""
        expected = short * self.long / long
        return abs(self.short - expected) <= max(1.5, 0.007 * expected)


def resolve_focal(
    tags: FocalTags, width: int, height: int, user_focal_35mm: float | None = None
) -> FocalLength:
    """Find the focal length of an upright picture of `width` x `height` pixels. Raises nothing."""
    shown = _picture(width, height)
    frame = _frame(tags, shown)
    px, source = next(
        (px, source)
        for px, source in _candidates(tags, shown, frame, user_focal_35mm)
        if px and _is_plausible(px, shown)
    )
    doubts = "; ".join(_doubts(tags, shown, frame, px, source))
    return FocalLength(px, source, doubts or None)


def focal_px_of_35mm(focal_35mm: float, width: int, height: int) -> float:
    """Return the focal length in pixels that a 35 mm equivalent is in a picture of this size."""
    return focal_35mm * math.hypot(width, height) / _FILM_DIAGONAL_MM


def focal_35mm_of_px(focal_px: float, width: int, height: int) -> float:
    """Return the 35 mm equivalent of a focal length in pixels of a picture of this size."""
    return focal_px * _FILM_DIAGONAL_MM / math.hypot(width, height)


def _picture(width: int, height: int) -> _Picture:
    return _Picture(max(width, height), min(width, height))


def _frame(tags: FocalTags, shown: _Picture) -> _Picture:
    """Return the picture that the camera's tags are about, in pixels of the one that is shown.

    That is a larger one where a part was cut out of it: by the container, which says so, or by an
    editor that left EXIF's size as it was. What is left then has to be a good part of EXIF's: less
    is more often a picture that was scaled down too.
    """
    frame = _picture(*tags.uncropped_size) if tags.uncropped_size else shown
    size = _exif_size(tags)
    if size is None or frame.has_shape_of(*size):
        return frame
    is_inside = frame.long <= size[0] and frame.short <= size[1]
    return _Picture(*size) if is_inside and frame.long >= _LEAST_CROP * size[0] else frame


def _candidates(
    tags: FocalTags, shown: _Picture, picture: _Picture, user_focal_35mm: float | None
) -> Iterator[tuple[float | None, FocalSource]]:
    yield _from_35mm(user_focal_35mm, shown), FocalSource.USER
    yield _from_35mm(tags.sidecar_focal_35mm, shown), FocalSource.USER
    yield tags.intrinsics_focal_px, FocalSource.INTRINSICS
    # After a crop the 35 mm equivalent is that of another picture, a pixel's size still its own.
    yield _from_focal_plane_of_crop(tags, picture), FocalSource.EXIF_SENSOR
    yield _from_35mm(_zoomed_35mm(tags), picture), FocalSource.EXIF_35MM
    yield _from_focal_plane(tags, picture), FocalSource.EXIF_SENSOR
    yield _from_table(tags, picture), FocalSource.CAMERA_TABLE
    yield _guess(tags, picture), FocalSource.EXIF_MM_GUESS
    yield _from_35mm(DEFAULT_FOCAL_35MM, picture), FocalSource.DEFAULT


def _is_plausible(px: float, picture: _Picture) -> bool:
    return math.isfinite(px) and px > 0 and _in(_field_of_view(px, picture), _FIELD_OF_VIEW)


def _field_of_view(px: float, picture: _Picture) -> float:
    """Return the angle over the picture's diagonal in degrees."""
    return math.degrees(2 * math.atan(picture.diagonal / 2 / px))


def _in(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _from_35mm(focal_35mm: float | None, picture: _Picture) -> float | None:
    return focal_35mm * picture.diagonal / _FILM_DIAGONAL_MM if focal_35mm else None


def _exif_size(tags: FocalTags) -> tuple[int, int] | None:
    """Return the long and the short side that EXIF gives the picture, whichever way it is held."""
    if not tags.exif_width or not tags.exif_height:
        return None
    return max(tags.exif_width, tags.exif_height), min(tags.exif_width, tags.exif_height)


def _counted_width(tags: FocalTags, picture: _Picture) -> int:
    """Return the long side that EXIF counts in: the picture's own if EXIF's is of another shape."""
    size = _exif_size(tags)
    return size[0] if size and picture.has_shape_of(*size) else picture.long


def _zoom(tags: FocalTags) -> float:
    zoom = tags.digital_zoom or 1.0
    return zoom if _in(zoom, (1.0, _MOST_ZOOM)) else 1.0


def _covered_mm(sensor: SensorSize, picture: _Picture) -> float:
    """Return how much of the sensor the picture's long side covers: the most its shape allows."""
    return min(sensor.long_mm, sensor.short_mm * picture.long / picture.short)


def _from_table(tags: FocalTags, picture: _Picture) -> float | None:
    sensor = sensor_size(tags.camera_make, tags.camera_model)
    if sensor is None or not tags.focal_mm:
        return None
    return tags.focal_mm * picture.long / _covered_mm(sensor, picture) * _zoom(tags)


def _guess(tags: FocalTags, picture: _Picture) -> float | None:
    focal_mm = tags.focal_mm or 0.0
    focal_35mm = focal_mm * _GUESS_FACTOR if focal_mm < _GUESS_BELOW_MM else focal_mm
    if not _in(focal_35mm, _GUESS_35MM):
        return None
    return _from_35mm(focal_35mm * _zoom(tags), picture)


def _zoomed_35mm(tags: FocalTags) -> float | None:
    """Return the 35 mm equivalent with digital zoom.

    Most cameras count the zoom in. Where the tag is exactly that of the whole sensor, it does not.
    """
    sensor = sensor_size(tags.camera_make, tags.camera_model)
    if not tags.focal_35mm or not tags.focal_mm or sensor is None:
        return tags.focal_35mm
    whole_sensor_35mm = tags.focal_mm * _FILM_DIAGONAL_MM / math.hypot(*sensor)
    zoom = _zoom(tags)
    leaves_zoom_out = zoom > _AGREEMENT[1] and _in(tags.focal_35mm / whole_sensor_35mm, _AGREEMENT)
    return tags.focal_35mm * zoom if leaves_zoom_out else tags.focal_35mm


def _from_focal_plane_of_crop(tags: FocalTags, picture: _Picture) -> float | None:
    """Apply FocalPlaneXResolution to a picture that was cropped, if its scale is still the same.

    A crop shows by a shape that is not EXIF's, or that no camera makes. It then has to be a good
    part of the sensor: less is a picture that was scaled down too, and the tag says nothing.
    """
    known = sensor_size(tags.camera_make, tags.camera_model)
    if known is None or not tags.focal_mm or not tags.plane_pixels_per_mm:
        return None
    size = _exif_size(tags)
    taken_so = size is None or picture.has_shape_of(*size)
    shapes = (*_CAMERA_SHAPES, known.long_mm / known.short_mm)
    if taken_so and any(picture.has_shape_of(shape, 1) for shape in shapes):
        return None
    width = _counted_width(tags, picture)
    part = width / tags.plane_pixels_per_mm / known.long_mm
    if not _in(part, (_LEAST_CROP, 1 + _SAME_SENSOR)):
        return None
    return tags.focal_mm * tags.plane_pixels_per_mm * picture.long / width


def _from_focal_plane(tags: FocalTags, picture: _Picture) -> float | None:
    """Apply FocalPlaneXResolution, if the sensor that it makes of the picture is a possible one.

    The tag counts the pixels of the picture as it was taken, which editors scale without telling.
    So each width that it may refer to is tried: the one that the maker states (Canon), EXIF's, and
    the picture's own. Only a sensor of the size that the camera has shows which one is right.
    """
    if not tags.focal_mm or not tags.plane_pixels_per_mm:
        return None
    known = sensor_size(tags.camera_make, tags.camera_model)
    for width, tolerance in (
        (tags.plane_width, _STATED_SENSOR),
        (_counted_width(tags, picture), _SAME_SENSOR),
        (picture.long, _SAME_SENSOR),
    ):
        sensor_mm = (width or 0) / tags.plane_pixels_per_mm
        if zoom := _zoom_left(sensor_mm, known, tolerance, tags, picture):
            return tags.focal_mm * picture.long / sensor_mm * zoom
    return None


def _zoom_left(
    sensor_mm: float,
    known: SensorSize | None,
    tolerance: float,
    tags: FocalTags,
    picture: _Picture,
) -> float | None:
    """Return the digital zoom that `sensor_mm` leaves out, or None if the sensor is impossible.

    Some cameras write the focal plane of the whole sensor, others that of the part zoomed into.
    """
    if known is None:
        return 1.0 if _in(sensor_mm, _SENSOR_LONG_MM) else None
    zoom = _zoom(tags)
    error, zoom_left = min(
        (abs(sensor_mm * zoom_within / size - 1), zoom / zoom_within)
        for zoom_within in (1.0, zoom)
        for size in (_covered_mm(known, picture), known.long_mm)
    )
    return zoom_left if error <= tolerance else None


def _doubts(
    tags: FocalTags, shown: _Picture, picture: _Picture, px: float, source: FocalSource
) -> Iterator[str]:
    if tags.off_centre > _LEAST_OFF_CENTRE:
        yield (
            f"cropped off the centre: the middle of the lens is {tags.off_centre:.0%} of the"
            " picture's side away from its middle, where the scene assumes it"
        )
    if source is FocalSource.USER:
        return
    size = _exif_size(tags)
    whole = _picture(*tags.uncropped_size) if tags.uncropped_size else shown
    if size and not whole.has_shape_of(*size) and source is not FocalSource.INTRINSICS:
        found = f"{whole.long} x {whole.short} pixels where EXIF says {size[0]} x {size[1]}"
        if picture != whole:
            yield f"cropped since it was taken: {found}; assumed not scaled"
        else:
            yield f"cropped or framed since it was taken: {found}; assumed to show the whole frame"
    plane_px = (tags.focal_mm or 0) * (tags.plane_pixels_per_mm or 0)
    plane_px *= picture.long / _counted_width(tags, picture)
    others = {
        FocalSource.EXIF_35MM: ("35 mm equivalent", _from_35mm(_zoomed_35mm(tags), picture)),
        FocalSource.EXIF_SENSOR: ("focal plane resolution", plane_px),
    }
    others.pop(source, None)
    for name, other in others.values():
        if other and _is_plausible(other, picture) and not _in(other / px, _AGREEMENT):
            yield f"the {name} says {other:.0f} px, {other / px:.2g} times this"
    if shown.long > _PANORAMA_ASPECT * shown.short:
        yield "a panorama has no single focal length"
    elif _field_of_view(px, shown) > _FISHEYE_DEGREES:
        yield "wider than a flat picture can be: a fisheye lens?"

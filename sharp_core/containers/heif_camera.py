"""The boxes by which a stereo pair tells how it was taken, as Apple's cameras write them.

| box | content, big-endian |
|---|---|
| group `ster` | version and flags 0, u32 group id, u32 2, u32 left item, u32 right item |
| intrinsics | u8 0, u24 n << 8, s32 focal / width, x / width, y / height, each times 2^n |
| extrinsics | u8 0, u24 flags, s32 x in micrometres (flag 1; the left eye has flags 0 and no x) |
| disparity | s32 share of the width * 10000 |

The last three are item properties of the kind `uuid`; ISO/IEC 23008-12 has the first two as `cmin`
and `cmex` too. The numbers agree with a photo of a Vision Pro, byte by byte.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from sharp_core.containers.isobmff import Box, BoxReader, box_bytes, full_box_bytes

STEREO_GROUP = b"ster"
INTRINSICS_UUID = bytes.fromhex("22cc04c7d6d94e079d904eb6ecbaf3a3")
EXTRINSICS_UUID = bytes.fromhex("4363e9145b7d4aab97aebea69803b434")
DISPARITY_UUID = bytes.fromhex("de22508536cb436587432f8705e7c78a")
INTRINSICS, EXTRINSICS = b"cmin", b"cmex"  # the same boxes under their standard codes

_SHIFT = 30  # of fixed-point numbers; less where they would not fit
_HAS_X, _HAS_Y, _HAS_Z, _HAS_TURN, _WIDE_TURN, _HAS_WORLD = 1, 2, 4, 8, 0x10, 0x20
_DISPARITY_UNIT = 10_000
_MICROMETRES = 1e6


@dataclass(frozen=True, slots=True)
class StereoCamera:
    """How both images of a pair were taken: parallel, without distortion, centred.

    Raises ValueError where the numbers cannot be written.
    """

    focal_share: float  # focal length as a share of the image's width
    baseline_m: float
    # By what share of the width the scene is set back on display: half by moving the left image
    # to the left, half by moving the right one to the right.
    disparity: float

    def __post_init__(self) -> None:
        if not 0 < self.focal_share < 100:
            raise ValueError(f"focal length: {self.focal_share} of the width is none")
        if not 1e-6 <= self.baseline_m < 1000:
            raise ValueError(f"baseline: {self.baseline_m} m is none")
        if not abs(self.disparity) <= 1:
            raise ValueError(f"disparity: {self.disparity} of the width is none")

    @property
    def field_of_view_deg(self) -> float:
        """The horizontal angle of view, in degrees."""
        return math.degrees(2 * math.atan(0.5 / self.focal_share))


class CameraIntrinsics(NamedTuple):
    """What an intrinsics box says, as shares of width (focal, x) and height (y)."""

    focal: float
    x: float
    y: float


class CameraExtrinsics(NamedTuple):
    """What an extrinsics box says: where a camera stands, in metres, and whether it is turned."""

    x_m: float
    y_m: float
    z_m: float
    is_turned: bool
    turn_deg: float = 0.0  # by what angle


def group_box(group_id: int, left_id: int, right_id: int) -> bytes:
    """Return the box `grpl` with the stereo pair as its only group."""
    numbers = (group_id, 2, left_id, right_id)
    content = b"".join(number.to_bytes(4, "big") for number in numbers)
    return box_bytes(b"grpl", full_box_bytes(STEREO_GROUP, content))


def intrinsics_box(camera: StereoCamera) -> bytes:
    """Return the intrinsics of either eye."""
    values = (camera.focal_share, 0.5, 0.5)
    shift = _SHIFT
    while round(max(values) * 2**shift) >= 1 << 31:
        shift -= 1
    content = b"".join(_s32(round(value * 2**shift)) for value in values)
    return _uuid_box(INTRINSICS_UUID, (shift << 8).to_bytes(4, "big") + content)


def extrinsics_boxes(camera: StereoCamera) -> tuple[bytes, bytes]:
    """Return the extrinsics of the left eye, which is the origin, and of the right one."""
    right = _HAS_X.to_bytes(4, "big") + _s32(round(camera.baseline_m * _MICROMETRES))
    return _uuid_box(EXTRINSICS_UUID, bytes(4)), _uuid_box(EXTRINSICS_UUID, right)


def disparity_box(camera: StereoCamera) -> bytes:
    """Return the disparity adjustment of both eyes."""
    return _uuid_box(DISPARITY_UUID, _s32(round(camera.disparity * _DISPARITY_UNIT)))


def kind_of(data: bytes, box: Box) -> bytes:
    """Return what tells a property's kind: its code or, of a `uuid` box, its 16 bytes."""
    return data[box.start : box.start + 16] if box.kind == b"uuid" else box.kind


def read_intrinsics(data: bytes, box: Box) -> CameraIntrinsics:
    """Read an intrinsics box. Raises ValueError."""
    try:
        read = _content(data, box)
        _, flags = read.full_box()
        unit = 1 << (flags >> 8 & 0x1F)
        found = CameraIntrinsics(*(read.sint(4) / unit for _ in range(3)))
        if flags & 1:
            read.raw(8)  # focal length in y, and skew
    except EOFError:
        raise ValueError("it is too short") from None
    _check_end(read)
    return found


def read_extrinsics(data: bytes, box: Box) -> CameraExtrinsics:
    """Read an extrinsics box. Raises ValueError."""
    try:
        read = _content(data, box)
        _, flags = read.full_box()
        x, y, z = (read.sint(4) if flags & bit else 0 for bit in (_HAS_X, _HAS_Y, _HAS_Z))
        turn = _turn_deg(read, flags) if flags & _HAS_TURN else 0.0
        if flags & _HAS_WORLD:
            read.raw(4)
    except EOFError:
        raise ValueError("it is shorter than its flags say") from None
    _check_end(read)
    return CameraExtrinsics(
        x / _MICROMETRES, y / _MICROMETRES, z / _MICROMETRES, bool(flags & _HAS_TURN), turn
    )


def _turn_deg(read: BoxReader, flags: int) -> float:
    """Return the angle of a unit quaternion, of which x, y and z are stored as fixed-point."""
    size, unit = (4, 1 << 30) if flags & _WIDE_TURN else (2, 1 << 14)
    sine = math.hypot(*(read.sint(size) / unit for _ in range(3)))
    return math.degrees(2 * math.asin(min(1.0, sine)))


def read_disparity(data: bytes, box: Box) -> float:
    """Read a disparity adjustment, a share of the width. Raises ValueError."""
    try:
        read = _content(data, box)
        value = read.sint(4)
    except EOFError:
        raise ValueError("it is too short") from None
    _check_end(read)
    return value / _DISPARITY_UNIT


def _content(data: bytes, box: Box) -> BoxReader:
    read = BoxReader(data, box)
    if box.kind == b"uuid":
        read.raw(16)
    return read


def _check_end(read: BoxReader) -> None:
    if read.left:
        raise ValueError(f"{read.left} bytes are left over in it")


def _uuid_box(uuid: bytes, content: bytes) -> bytes:
    return box_bytes(b"uuid", uuid + content)


def _s32(value: int) -> bytes:
    return value.to_bytes(4, "big", signed=True)

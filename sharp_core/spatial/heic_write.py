"""Two images -> a spatial photo: one HEIC file that headsets show with depth at its true size.

pillow-heif writes the two images, in tiles, with their metadata. What it cannot write, the stereo
group and the cameras' properties, is put into the file's `meta` box afterwards.
"""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from schemas.errors import HeifError, MissingToolError, UnsuitableError
from sharp_core.containers.heif import Heif, read_heif
from sharp_core.containers.heif_camera import (
    StereoCamera,
    disparity_box,
    extrinsics_boxes,
    group_box,
    intrinsics_box,
)
from sharp_core.containers.heif_parts import IN_FILE, Association
from sharp_core.containers.isobmff import Box, box_bytes, full_box_bytes
from sharp_core.containers.spatial_limits import camera_problems, widest_width

Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB

NOT_SPATIAL = "not a spatial photo"  # how a refusal begins
TILE = 512  # pixels of a side, as Apple's own
# Still images gain 8 % of size by x265's slowest search, for six times the time.
_PRESET = "ultrafast"


def write_spatial_heic(
    file: BinaryIO,
    left: Pixels,
    right: Pixels,
    camera: StereoCamera,
    *,
    quality: int,
    exif: bytes = b"",
    icc_profile: bytes = b"",
) -> None:
    """Write two images of the same even sides. `exif` begins with its TIFF header.

    Raises MissingToolError without an HEVC encoder, ValueError where the images do not fit, and
    UnsuitableError where readers would refuse a photo of this camera.
    """
    problems = camera_problems(camera)
    if problems.errors:
        raise UnsuitableError(f"{NOT_SPATIAL}: {problems.errors[0]}")
    if left.shape != right.shape or left.shape[0] % 2 or left.shape[1] % 2:
        raise ValueError(f"two images of the same even sides: {left.shape} and {right.shape}")
    file.write(with_stereo(_encode(left, right, quality, exif, icc_profile), camera))


def cropped_to_limits(
    left: Pixels, right: Pixels, camera: StereoCamera
) -> tuple[Pixels, Pixels, StereoCamera]:
    """Return the middle of a pair that is too wide for headsets, and its camera.

    Pairs below 90 degrees stay as they are. The crop keeps the shape of the images.
    """
    height, width = left.shape[:2]
    kept = widest_width(camera.focal_share * width)
    if kept >= width:
        return left, right, camera
    rows = 2 * round(height * kept / width / 2)
    top, start = (height - rows) // 2, (width - kept) // 2
    middle = (slice(top, top + rows), slice(start, start + kept))
    share = kept / width
    narrower = StereoCamera(camera.focal_share / share, camera.baseline_m, camera.disparity / share)
    return left[middle], right[middle], narrower


def check_hevc_encoder() -> None:
    """Raise MissingToolError without an HEVC encoder."""
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingToolError(
            "spatial photos need pillow-heif, which is not installed: pip install pillow-heif"
        ) from error
    if not pillow_heif.libheif_info()["encoders"].get("x265"):
        raise MissingToolError(
            "this build of pillow-heif has no HEVC encoder: pip install pillow-heif"
        )


def _encode(left: Pixels, right: Pixels, quality: int, exif: bytes, icc_profile: bytes) -> bytes:
    check_hevc_encoder()
    import pillow_heif
    from PIL import Image

    images = pillow_heif.HeifFile()  # type: ignore[no-untyped-call]
    for pixels in (left, right):
        added = images.add_from_pillow(Image.fromarray(pixels))
        added.info["exif"] = b"Exif\0\0" + exif if exif else None
        added.info["icc_profile"] = icc_profile or None
    buffer = io.BytesIO()
    images.save(
        buffer,
        quality=quality,
        primary_index=0,
        tile_size=TILE,
        enc_params={"preset": _PRESET},
    )
    return buffer.getvalue()


def with_stereo(data: bytes, camera: StereoCamera) -> bytes:
    """Return a HEIC file of two images as a stereo pair, the one that comes first being left.

    Raises HeifError where the file is not such a file.
    """
    heif = read_heif(data)
    left, right = _eyes(heif)
    ids = {*heif.items, *(group.group_id for group in heif.groups)}
    ipco, ipma = _properties(heif, camera, left, right)
    changed = {
        b"iprp": box_bytes(b"iprp", ipco + ipma),
        b"grpl": group_box(max(ids) + 1, left, right),
        b"iloc": _iloc(heif, 0),
    }
    # The image data lies behind `meta` and moves by what that grows; `iloc` keeps its size.
    growth = len(_meta(heif, changed)) - (heif.meta.end - _header_start(data, heif.meta))
    changed[b"iloc"] = _iloc(heif, growth)
    before, after = data[: _header_start(data, heif.meta)], data[heif.meta.end :]
    return before + _meta(heif, changed) + after


def _eyes(heif: Heif) -> tuple[int, int]:
    kinds = [box.kind for box in heif.top]
    if b"grpl" in heif.parts:
        raise HeifError("the file has groups of images already")
    if b"mdat" in kinds[: kinds.index(b"meta")]:
        raise HeifError("the images come before what describes them")
    visible = heif.images()
    if len(visible) != 2:
        raise HeifError(f"a stereo pair takes two images, and the file has {len(visible)}")
    left, right = sorted(visible)
    return left, right


def _properties(heif: Heif, camera: StereoCamera, left: int, right: int) -> tuple[bytes, bytes]:
    """Return `ipco` and `ipma` with the camera's properties at their ends, none essential."""
    left_place, right_place = extrinsics_boxes(camera)
    new = (left_place, right_place, intrinsics_box(camera), disparity_box(camera))
    old = b"".join(_raw(heif.data, box) for box in heif.properties)
    first = len(heif.properties) + 1
    added = {left: (first, first + 2, first + 3), right: (first + 1, first + 2, first + 3)}
    size, essential = (2, 0x8000) if first + 3 > 0x7F else (1, 0x80)
    entries = b""
    for entity_id, associations in sorted(heif.associations.items()):
        indices = [Association(index, False) for index in added.get(entity_id, ())]
        numbers = [
            association.number | (essential if association.is_essential else 0)
            for association in (*associations, *indices)
        ]
        entries += entity_id.to_bytes(4, "big") + bytes([len(numbers)])
        entries += b"".join(number.to_bytes(size, "big") for number in numbers)
    content = len(heif.associations).to_bytes(4, "big") + entries
    ipma = full_box_bytes(b"ipma", content, version=1, flags=size - 1)
    return box_bytes(b"ipco", old + b"".join(new)), ipma


def _iloc(heif: Heif, growth: int) -> bytes:
    """Return `iloc` as version 1 with 4-byte numbers, for a `meta` that has grown."""
    content = b"\x44\x00" + len(heif.locations).to_bytes(2, "big")
    for item_id, location in heif.locations.items():
        content += item_id.to_bytes(2, "big") + location.method.to_bytes(2, "big") + bytes(2)
        content += len(location.extents).to_bytes(2, "big")
        for offset, length in location.extents:
            moved = offset + (growth if location.method == IN_FILE else 0)
            content += moved.to_bytes(4, "big") + length.to_bytes(4, "big")
    return full_box_bytes(b"iloc", content, version=1)


def _meta(heif: Heif, changed: dict[bytes, bytes]) -> bytes:
    parts = [changed.get(kind) or _raw(heif.data, box) for kind, box in heif.parts.items()]
    return full_box_bytes(b"meta", b"".join(parts) + changed[b"grpl"])


def _raw(data: bytes, box: Box) -> bytes:
    return data[_header_start(data, box) : box.end]


def _header_start(data: bytes, box: Box) -> int:
    has_long_size = data[box.start - 16 : box.start - 8] == b"\0\0\0\1" + box.kind
    return box.start - (16 if has_long_size else 8)

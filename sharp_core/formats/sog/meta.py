"""Read and write meta.json of a SOG: names of the image files, and numbers to decode them.

Intrinsics and id of the photo are in `extras`, which the format leaves to applications. The reader
accepts keys in any order and ignores unknown ones.
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple, TypeVar

from schemas.errors import FormatError
from sharp_core.formats.scene import SceneInfo, scene_info_from_file
from sharp_core.formats.sog.planes import CODEBOOK_SIZE, LAST_CODE, SogPlanes, Triple

META = "meta.json"
VERSION = 2  # that is written
MOST_BANDS = 4  # of harmonics
_ATTRIBUTES = ("means", "quats", "scales", "sh0")
SCALES, COLORS = "scales.webp", "sh0.webp"
IMAGES = ("means_l.webp", "means_u.webp", "quats.webp", SCALES, COLORS)

Codebooks = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]

_T = TypeVar("_T")


class SogMeta(NamedTuple):
    """The content of a meta.json."""

    splats: int
    images: tuple[str, ...]  # names of files, in the order of IMAGES
    mins: Triple
    maxs: Triple
    scale_codebooks: Codebooks  # logarithms of metres, along the three axes
    color_codebooks: Codebooks  # f_dc of red, green, blue
    opacities: tuple[float, ...]  # in [0, 1], by the byte that is stored
    sh_degree: int
    is_flat: bool  # 2D Gaussians: the third scale means nothing
    info: SceneInfo | None
    notes: tuple[str, ...]  # what was left out


def format_meta(planes: SogPlanes, info: SceneInfo | None) -> bytes:
    """Return the bytes of meta.json for a quantised scene."""
    meta: dict[str, Any] = {
        "version": VERSION,
        "count": planes.splats,
        "means": {"mins": planes.mins, "maxs": planes.maxs, "files": IMAGES[:2]},
        "quats": {"files": IMAGES[2:3]},
        "scales": {"codebook": _short(planes.scale_codebook), "files": IMAGES[3:4]},
        "sh0": {"codebook": _short(planes.color_codebook), "files": IMAGES[4:5]},
    }
    if info is not None:
        photo = {
            "focal_px": info.focal_px,
            "width": info.width,
            "height": info.height,
            "photo_id": info.photo_id,
            "depths": planes.depths,
            "is_360": info.is_360,
        }
        meta["extras"] = {"photo": {key: value for key, value in photo.items() if value}}
        if info.generator:
            meta["asset"] = {"generator": info.generator}
    return json.dumps(meta, separators=(",", ":")).encode()


def parse_meta(content: bytes) -> SogMeta:
    """Parse meta.json of version 1 or 2. Raises FormatError if it is not valid."""
    try:
        meta = json.loads(content)
    # Numbers of thousands of digits are a ValueError too; too many brackets a RecursionError.
    except (ValueError, RecursionError):
        raise FormatError(f"{META} is not JSON") from None
    if not isinstance(meta, dict):
        raise FormatError(f"{META} is not a SOG's")
    version = str(meta.get("version", 1))[:20]
    if version not in ("1", "2"):
        raise FormatError(f"it is SOG version {version}; 1 and 2 can be read")
    means, quats, scales, sh0 = (_get(meta, key, dict) for key in _ATTRIBUTES)
    values = _values_1(means, scales, sh0) if version == "1" else _values_2(meta, scales, sh0)
    degree, notes = _harmonics(meta)
    try:
        info = _info(meta)
    except FormatError as error:
        info, notes = None, (*notes, f"what it says of its photo is left out: {error}")
    return SogMeta(
        splats=values.splats,
        images=(*_names(means, 2), *_names(quats, 1), *_names(scales, 1), *_names(sh0, 1)),
        mins=_triple(means, "mins"),
        maxs=_triple(means, "maxs"),
        scale_codebooks=values.scale_codebooks,
        color_codebooks=values.color_codebooks,
        opacities=values.opacities,
        sh_degree=degree,
        is_flat=meta.get("model") == "2dgs",
        info=info,
        notes=notes,
    )


class _Values(NamedTuple):
    """What the versions say in different ways."""

    splats: int
    scale_codebooks: Codebooks
    color_codebooks: Codebooks
    opacities: tuple[float, ...]


def _values_2(meta: dict[str, Any], scales: dict[str, Any], sh0: dict[str, Any]) -> _Values:
    """Return the values of version 2: one codebook for the three axes, and one for the colours."""
    of_scales, of_colors = _numbers(scales, "codebook"), _numbers(sh0, "codebook")
    opacities = tuple(byte / LAST_CODE for byte in range(CODEBOOK_SIZE))
    count = _get(meta, "count", int)
    return _Values(count, (of_scales,) * 3, (of_colors,) * 3, opacities)


def _values_1(means: dict[str, Any], scales: dict[str, Any], sh0: dict[str, Any]) -> _Values:
    """Return the values of version 1: bytes are fractions of a range, opacities those of logits."""
    shape = _get(means, "shape", list)
    if not shape or not isinstance(shape[0], int):
        raise FormatError(f"{META}: 'shape' does not say how many Gaussians there are")
    of_scales = [_range(scales, channel) for channel in range(3)]
    of_colors = [_range(sh0, channel) for channel in range(4)]
    opacities = tuple(1 / (1 + math.exp(-max(-80.0, logit))) for logit in of_colors[3])
    scale_codebooks = (of_scales[0], of_scales[1], of_scales[2])
    return _Values(shape[0], scale_codebooks, (of_colors[0], of_colors[1], of_colors[2]), opacities)


def _range(attribute: dict[str, Any], channel: int) -> tuple[float, ...]:
    """Return the value of each byte, from the least and greatest value of a channel."""
    mins, maxs = _numbers(attribute, "mins"), _numbers(attribute, "maxs")
    if min(len(mins), len(maxs)) <= channel:
        raise FormatError(f"{META}: 'mins' or 'maxs' has fewer than {channel + 1} numbers")
    least, step = mins[channel], (maxs[channel] - mins[channel]) / LAST_CODE
    return tuple(least + step * byte for byte in range(CODEBOOK_SIZE))


def _harmonics(meta: dict[str, Any]) -> tuple[int, tuple[str, ...]]:
    """Return the degree of the harmonics. They are not read, so they need not be valid."""
    harmonics = meta.get("shN")
    if harmonics is None:
        return 0, ()
    bands = harmonics.get("bands") if isinstance(harmonics, dict) else None
    if isinstance(bands, int) and 1 <= bands <= MOST_BANDS:
        return bands, ()
    files = harmonics.get("files") if isinstance(harmonics, dict) else None
    is_version_1 = "version" not in meta and bool(files)  # which leaves the degree to the image
    return 0, () if is_version_1 else (
        "its view-dependent colours are left out: of no stated degree",
    )


def _info(meta: dict[str, Any]) -> SceneInfo | None:
    extras = meta.get("extras")
    photo = extras.get("photo") if isinstance(extras, dict) else None
    if not isinstance(photo, dict) or "focal_px" not in photo:
        return None  # extras of another application
    focal, width, height = (_number(photo.get(key), key) for key in ("focal_px", "width", "height"))
    asset = meta.get("asset")
    generator = asset.get("generator") if isinstance(asset, dict) else None
    photo_id = photo.get("photo_id")
    return scene_info_from_file(
        focal,
        width,
        height,
        photo_id if isinstance(photo_id, str) else None,
        generator if isinstance(generator, str) else None,
        is_360=photo.get("is_360") is True,
    )


def _names(attribute: dict[str, Any], count: int) -> list[str]:
    files = _get(attribute, "files", list)
    if len(files) != count or not all(isinstance(name, str) for name in files):
        raise FormatError(f"{META}: expected {count} names of files, found {str(files)[:60]}")
    return files


def _triple(attribute: dict[str, Any], key: str) -> Triple:
    numbers = _numbers(attribute, key)
    if len(numbers) != 3:
        raise FormatError(f"{META}: {key!r} has {len(numbers)} numbers, not 3")
    return numbers[0], numbers[1], numbers[2]


def _numbers(attribute: dict[str, Any], key: str) -> tuple[float, ...]:
    numbers = _get(attribute, key, list)
    if not 1 <= len(numbers) <= CODEBOOK_SIZE:
        raise FormatError(f"{META}: {key!r} has {len(numbers)} numbers")
    return tuple(_number(number, key) for number in numbers)


def _number(value: object, key: str) -> float:
    # Beyond this a float32 overflows; an integer of any length compares without overflowing.
    if isinstance(value, int | float) and abs(value) < 1e38:
        return float(value)
    raise FormatError(f"{META}: {key!r} is missing or holds what is not a finite number")


def _get(owner: dict[str, Any], key: str, kind: type[_T]) -> _T:
    value = owner.get(key)
    if not isinstance(value, kind):
        raise FormatError(f"{META}: {key!r} is missing or is not what the format says")
    return value


def _short(codebook: tuple[float, ...]) -> list[float]:
    """Return the numbers rounded to eight digits, enough to distinguish all float32 values."""
    return [float(f"{value:.8g}") for value in codebook]

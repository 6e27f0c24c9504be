"""Read and write meta.json of a SOG: names of the image files, and numbers to decode them.

Intrinsics and id of the photo are in `extras`, which the format leaves to applications. The reader
accepts keys in any order and ignores unknown ones.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeVar

from schemas.errors import FormatError
from sharp_core.formats.scene import SceneInfo, scene_info_from_file
from sharp_core.formats.sog.planes import CODEBOOK_SIZE, SogPlanes, Triple

META = "meta.json"
VERSION = 2
_ATTRIBUTES = ("means", "quats", "scales", "sh0")
IMAGES = ("means_l.webp", "means_u.webp", "quats.webp", "scales.webp", "sh0.webp")

_T = TypeVar("_T")


class SogMeta(NamedTuple):
    """The content of a meta.json."""

    splats: int
    images: tuple[str, ...]  # names of files, in the order of IMAGES
    mins: Triple
    maxs: Triple
    scale_codebook: tuple[float, ...]
    color_codebook: tuple[float, ...]
    sh_degree: int
    info: SceneInfo | None


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
        }
        meta["extras"] = {"photo": {key: value for key, value in photo.items() if value}}
        if info.generator:
            meta["asset"] = {"generator": info.generator}
    return json.dumps(meta, separators=(",", ":")).encode()


def parse_meta(content: bytes) -> SogMeta:
    """Parse meta.json. Raises FormatError if it is not valid or not of a SOG version 2."""
    try:
        meta = json.loads(content)
    # Numbers of thousands of digits are a ValueError too; too many brackets a RecursionError.
    except (ValueError, RecursionError):
        raise FormatError(f"{META} is not JSON") from None
    if not isinstance(meta, dict):
        raise FormatError(f"{META} is not a SOG's")
    version = meta.get("version", 1)
    if version != VERSION:
        raise FormatError(f"it is SOG version {str(version)[:20]}, and {VERSION} can be read")
    means, quats, scales, sh0 = (_get(meta, key, dict) for key in _ATTRIBUTES)
    return SogMeta(
        splats=_get(meta, "count", int),
        images=(*_names(means, 2), *_names(quats, 1), *_names(scales, 1), *_names(sh0, 1)),
        mins=_triple(means, "mins"),
        maxs=_triple(means, "maxs"),
        scale_codebook=_numbers(scales, "codebook"),
        color_codebook=_numbers(sh0, "codebook"),
        sh_degree=_get(_get(meta, "shN", dict), "bands", int) if "shN" in meta else 0,
        info=_info(meta),
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

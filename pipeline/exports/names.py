"""File names of exports: a template over a record's fields -> a path valid on every file system.

Slashes of the template and of its time formats separate folders; slashes in values do not.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import PurePath, PureWindowsPath

from schemas.errors import UsageError
from schemas.records import RECORD_LISTS, PhotoRecord

# Besides the record's own fields: short names that most templates need.
_MORE_FIELDS = ("stem", "folder", "taken", "camera")
NAME_FIELDS = (
    *(field.name for field in fields(PhotoRecord) if field.name not in RECORD_LISTS),
    *_MORE_FIELDS,
)

# Every file system allows 255 bytes; suffixes of kinds, and ids added to equal names, need some.
_MOST_BYTES = 180
_FORBIDDEN = re.compile(r'[<>:"\\|?*/]')
_WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³"}
)
_MISSING_TIME, _MISSING = "undated", "unknown"
_ID_DIGITS = (6, 12, 32)


class NameTemplate:
    """A checked template. Raises UsageError, which lists the known fields, if it is invalid."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._parts = list(string.Formatter().parse(text))
            for _, name, spec, conversion in self._parts:
                _check_field(name, spec or "", conversion)
            self.stem(SAMPLE_RECORD)
        except ValueError as error:
            raise UsageError(
                f"--name {text!r}: {error}", f"Known fields: {', '.join(NAME_FIELDS)}."
            ) from error
        if not self._parts or not text.strip("/. "):
            raise UsageError(f"--name {text!r} names nothing", "Write '{stem}', for example.")

    def stem(self, record: PhotoRecord) -> str:
        """Return the path of a photo's exports, without the suffixes of kinds: 'a/b/name'."""
        values = _values(record)
        text = "".join(
            literal + (_formatted(name, values[name], spec or "") if name is not None else "")
            for literal, name, spec, _ in self._parts
        )
        return "/".join(safe_name(part) for part in text.split("/") if part) or "photo"


def safe_name(name: str) -> str:
    """Return the nearest name for a file or folder that all file systems allow."""
    name = unicodedata.normalize("NFC", name)
    name = "".join("_" if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in name)
    name = _FORBIDDEN.sub("_", name)
    name = name.encode("utf-8", "ignore")[:_MOST_BYTES].decode("utf-8", "ignore")
    name = name.rstrip(". ").lstrip(" ")
    if name.startswith("."):  # hidden
        name = f"_{name.lstrip('.')}"
    first, dot, rest = name.partition(".")
    if first.rstrip(" ").lower() in _WINDOWS_DEVICES:
        name = f"{first}_{dot}{rest}"
    return name or "_"


def candidates(stem: str, photo_id: str) -> Iterator[str]:
    """Yield the names for a photo's exports, best first; the last one is unique to the photo."""
    yield stem
    for digits in _ID_DIGITS:
        yield f"{stem}_{photo_id[:digits]}"


def same_name(path: str) -> str:
    """Return the form in which names are compared on case-insensitive file systems."""
    return unicodedata.normalize("NFC", path).casefold()


def _check_field(name: str | None, spec: str, conversion: str | None) -> None:
    if name is None:
        return
    if name not in NAME_FIELDS:
        raise ValueError(f"there is no field {name!r}")
    if "{" in spec:
        raise ValueError("a field within a field is not understood")
    if conversion:
        raise ValueError(f"!{conversion} is not understood")
    if re.search(r"\d{4}", spec):  # else thousands of blanks could exhaust memory
        raise ValueError("a width has at most three digits")


def _values(record: PhotoRecord) -> Mapping[str, object]:
    values: dict[str, object] = {
        name: getattr(record, name) for name in NAME_FIELDS if name not in _MORE_FIELDS
    }
    path = _source(record)
    values["stem"] = path.stem if path else record.photo_id[:12]
    values["folder"] = path.parent.name if path else None
    values["taken"] = record.taken_at
    values["camera"] = record.camera_model or record.camera_make
    return values


def _source(record: PhotoRecord) -> PurePath | None:
    if not record.paths:
        return None
    path = record.paths[0]
    is_windows = re.match(r"[A-Za-z]:\\", path)
    return PureWindowsPath(path) if is_windows else PurePath(path)


def _formatted(name: str, value: object, spec: str) -> str:
    if value is None:
        is_time = name == "taken" or name in _TIME_FIELDS
        return _MISSING_TIME if is_time else _MISSING
    if isinstance(value, datetime):
        # Slashes of the time format separate folders; the time itself contains none.
        return value.strftime(spec or "%Y-%m-%d_%H%M%S")
    return format(value, spec).replace("/", "_")


_TIME_FIELDS = frozenset({"taken_at", "created_at"})
SAMPLE_RECORD = PhotoRecord(
    photo_id="0" * 32,
    scene_id="0" * 32,
    paths=("/photos/IMG_0001.JPG",),
    state="done",
    reason="",
    message="",
    model="small",
    format="sog",
    splat_path="scenes/00/0.sog",
    splat_bytes=1,
    gaussians=1,
    width=1,
    height=1,
    focal_px=1.0,
    focal_source="default",
    taken_at=datetime(2000, 1, 1),
    taken_at_offset="+00:00",
    camera_make="make",
    camera_model="model",
    lens_model="lens",
    latitude=0.0,
    longitude=0.0,
    altitude_m=0.0,
    depth_near_m=1.0,
    depth_median_m=1.0,
    created_at=datetime(2000, 1, 1),
    rating=4,
    favorite=True,
    label="Red",
    title="title",
    caption="caption",
    country="Norway",
    region="Vestland",
    city="Bergen",
    location="Bryggen",
    hidden=False,
    trashed=False,
    group_id="0" * 32,
    group_kind="burst",
    group_rank=0,
    score=0.5,
    scale_source="default",
)

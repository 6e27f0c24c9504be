"""A glTF's JSON and its binary chunk, and checked access to the JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from schemas.errors import FormatError
from sharp_core.formats.glb import layout

_LONGEST_JSON = 1 << 26  # a scene has a few kB; thousands of meshes have some MB

JsonObject = dict[str, Any]


class Document(NamedTuple):
    """A parsed file."""

    root: JsonObject
    binary: memoryview | None  # the chunk that a buffer without a URI names
    folder: Path | None  # of the file: other files that belong to it are here
    file_bytes: int

    def entry(self, kind: str, index: int) -> JsonObject:
        """Return the object at `index` of a list of the root, such as "meshes"."""
        found = objects(self.root, kind)
        if not 0 <= index < len(found):
            raise FormatError(f"it has no {kind} {index}")
        return found[index]


def parse(content: bytes, folder: Path | None) -> Document:
    """Parse a GLB or a .gltf. Raises FormatError if it is damaged, or needs what is not known."""
    if content[: len(layout.MAGIC)] == layout.MAGIC:
        text, binary = _chunks(content)
    else:
        text, binary = memoryview(content), None
    if len(text) > _LONGEST_JSON:
        raise FormatError(f"its JSON has {len(text):,} bytes, more than any scene needs")
    try:
        root = json.loads(bytes(text))
    except (ValueError, RecursionError):
        raise FormatError("its JSON is damaged, or it is no glTF") from None
    if not isinstance(root, dict) or not isinstance(root.get("asset"), dict):
        raise FormatError("it is no glTF")
    version = str(root["asset"].get("version"))[:20]
    if version.partition(".")[0] != "2":
        raise FormatError(f"it is glTF version {version}; 2.0 can be read")
    required = root.get("extensionsRequired")
    missing = [
        str(name)[:60]
        for name in (required if isinstance(required, list) else ())
        if name not in layout.READABLE_EXTENSIONS
    ]
    if missing:
        raise FormatError(f"it needs {', '.join(missing[:5])}, which cannot be read")
    return Document(root, binary, folder, len(content))


def _chunks(content: bytes) -> tuple[memoryview, memoryview | None]:
    """Return the JSON of a GLB, and its binary chunk if there is one."""
    if len(content) < layout.HEADER.size:
        raise FormatError("it ends within its header")
    _, version, size = layout.HEADER.unpack_from(content)
    if version != layout.VERSION:
        raise FormatError(f"it is GLB version {version}; 2 can be read")
    if size > len(content):
        raise FormatError(f"it is cut short: it has {len(content):,} of {size:,} bytes")
    view = memoryview(content)[:size]
    found: dict[bytes, memoryview] = {}
    start = layout.HEADER.size
    while start + layout.CHUNK.size <= size:
        length, kind = layout.CHUNK.unpack_from(view, start)
        start += layout.CHUNK.size
        if start + length > size:
            raise FormatError("one of its chunks is cut short")
        found.setdefault(kind, view[start : start + length])
        start += length
    if layout.JSON_CHUNK not in found:
        raise FormatError("it has no JSON")
    return found[layout.JSON_CHUNK], found.get(layout.BINARY_CHUNK)


def objects(owner: JsonObject, key: str) -> list[JsonObject]:
    """Return a list of objects; a missing one is empty. Raises FormatError for anything else."""
    found = owner.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise FormatError(f"its {key!r} is not a list of objects")
    return found


def an_object(owner: JsonObject, key: str) -> JsonObject:
    """Return an object; a missing one is empty. Raises FormatError for anything else."""
    found = owner.get(key, {})
    if not isinstance(found, dict):
        raise FormatError(f"its {key!r} is not an object")
    return found


def natural(owner: JsonObject, key: str, default: int | None = None) -> int:
    """Return a whole number from 0 on. Raises FormatError where it is missing, without default."""
    found = owner.get(key, default)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 1 << 53:
        raise FormatError(f"its {key!r} is missing or is no whole number")
    return found


def naturals(owner: JsonObject, key: str) -> list[int]:
    """Return a list of whole numbers from 0 on; a missing one is empty. Raises FormatError."""
    found = owner.get(key, [])
    if not isinstance(found, list):
        raise FormatError(f"its {key!r} is not a list")
    return [natural({key: item}, key) for item in found]


def numbers(owner: JsonObject, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """Return as many finite numbers as `default` has. Raises FormatError for anything else."""
    found = owner.get(key, default)
    if not isinstance(found, list | tuple) or len(found) != len(default):
        raise FormatError(f"its {key!r} does not hold {len(default)} numbers")
    # An integer of any length compares with a float without overflowing.
    if not all(isinstance(item, int | float) and abs(item) < 1e30 for item in found):
        raise FormatError(f"its {key!r} holds what is no finite number")
    return tuple(float(item) for item in found)

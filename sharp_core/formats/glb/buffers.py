"""The bytes of a glTF's buffers: its binary chunk, data URIs and files beside it.

A file is read only from the folder of the glTF or below it: a path cannot lead elsewhere.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from urllib.parse import unquote

from schemas.errors import FormatError
from sharp_core.formats.glb.document import Document, JsonObject, natural, objects

_BASE64 = ";base64,"


class Buffers:
    """The buffers of one document, each read once, when it is first needed."""

    def __init__(self, document: Document) -> None:
        """Take the document."""
        self._document = document
        self._read: dict[int, memoryview] = {}

    @property
    def bytes_available(self) -> int:
        """The bytes of the document and of the files beside it that its buffers name."""
        found = {_path_or_none(self._document.folder, buffer) for buffer in self._entries()}
        return self._document.file_bytes + sum(path.stat().st_size for path in found if path)

    def _entries(self) -> list[JsonObject]:
        return objects(self._document.root, "buffers")

    def view(self, index: int) -> memoryview:
        """Return the bytes of a buffer view. Raises FormatError if they are not there."""
        view = self._document.entry("bufferViews", index)
        start, size = natural(view, "byteOffset", 0), natural(view, "byteLength")
        buffer = self._buffer(natural(view, "buffer"))
        if start + size > len(buffer):
            raise FormatError(f"its buffer view {index} ends beyond its buffer")
        return buffer[start : start + size]

    def _buffer(self, index: int) -> memoryview:
        if index not in self._read:
            buffer = self._document.entry("buffers", index)
            content = self._content(buffer)
            size = natural(buffer, "byteLength")
            if size > len(content):
                raise FormatError(f"its buffer {index} has {len(content)} of {size} bytes")
            self._read[index] = content[:size]
        return self._read[index]

    def _content(self, buffer: JsonObject) -> memoryview:
        uri = buffer.get("uri")
        if uri is None:
            if self._document.binary is None:
                raise FormatError("it has no binary chunk, which its buffer needs")
            return self._document.binary
        if not isinstance(uri, str):
            raise FormatError("the 'uri' of its buffer is no text")
        if uri.startswith("data:"):
            return _decoded(uri)
        return memoryview(_file_beside(self._document.folder, uri).read_bytes())


def _path_or_none(folder: Path | None, buffer: JsonObject) -> Path | None:
    uri = buffer.get("uri")
    if not isinstance(uri, str) or uri.startswith("data:"):
        return None
    try:
        return _file_beside(folder, uri)
    except FormatError:
        return None


def _decoded(uri: str) -> memoryview:
    head, found, data = uri.partition(_BASE64)
    if not found or len(head) > 100:
        raise FormatError("a data URI of its buffers is not base64")
    try:
        return memoryview(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise FormatError("a data URI of its buffers is damaged") from None


def _file_beside(folder: Path | None, uri: str) -> Path:
    """Return the path of a buffer's file. Raises FormatError unless it is beside the glTF."""
    name = unquote(uri)
    shown = ascii(name[:80])
    if folder is None:
        raise FormatError(f"its numbers are in another file, {shown}: read it from its path")
    try:
        path = (folder / name).resolve()
        is_beside = path.is_relative_to(folder.resolve())
        is_file = is_beside and path.is_file()
    except (OSError, ValueError, RuntimeError):  # a loop of links, a zero byte, a name too long
        is_beside, is_file = True, False
    if not is_beside:
        raise FormatError(f"it refers to {shown}, outside its folder, which is not read")
    if not is_file:
        raise FormatError(f"there is no file {shown} beside it, which holds its numbers")
    return path

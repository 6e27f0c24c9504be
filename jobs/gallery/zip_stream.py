"""A ZIP archive as a stream: it is sent while it is built, and never held as a whole."""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from anyio import CapacityLimiter, to_thread

from pipeline.exports.names import same_name
from schemas.path_text import path_text

_Date = tuple[int, int, int, int, int, int]
_CHUNK = 1 << 20  # bytes
_ZIP64_FROM = 1 << 31  # bytes of a file
# The times that a ZIP can hold, which are local ones.
_EARLIEST: _Date = (1980, 1, 1, 0, 0, 0)
_LATEST: _Date = (2107, 12, 31, 23, 59, 58)
_YEAR_SECONDS = 366 * 86_400


class OpenFile(NamedTuple):
    """A file of an archive that is open for reading."""

    file: BinaryIO
    size: int
    date: _Date


class ZipEntry(NamedTuple):
    """A file of an archive: an open one, which the archive closes, or a text."""

    name: str
    content: OpenFile | str


class UniqueNames:
    """Gives each file of a folder a name of its own, also where systems take names for the same.

    Case does not matter to some, and `é` as one character or two to others.
    """

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, name: str) -> str:
        r"""Return a name, with a number if it is in use.

        Bytes that are no UTF-8 become `_xNN`: where files are unpacked, a \ may separate folders.
        """
        name = path_text(name).replace("\\", "_")
        path = PurePosixPath(name)
        number = 1
        while same_name(name) in self._used:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        self._used.add(same_name(name))
        return name


async def zip_stream(
    entries: AsyncIterator[ZipEntry], limiter: CapacityLimiter
) -> AsyncIterator[bytes]:
    """Yield the bytes of an archive. Nothing is compressed: photos and splats are already.

    Files are read by threads of `limiter`. Raises OSError where one cannot be read to its end.
    """
    sink = _Sink()
    archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED)  # type: ignore[call-overload]
    async for entry in entries:
        if isinstance(entry.content, str):
            archive.writestr(entry.name, entry.content.encode("utf-8", "backslashreplace"))
            yield sink.take()
            continue
        file, size, date = entry.content
        with file:
            info = zipfile.ZipInfo(entry.name, date)
            info.file_size = size
            with archive.open(info, "w", force_zip64=size >= _ZIP64_FROM) as out:
                while chunk := await to_thread.run_sync(file.read, _CHUNK, limiter=limiter):
                    out.write(chunk)
                    yield sink.take()
    archive.close()
    yield sink.take()


def open_file(path: Path) -> OpenFile:
    """Open a file for an archive. Raises OSError."""
    file = path.open("rb")
    stat = os.fstat(file.fileno())
    return OpenFile(file, stat.st_size, zip_date(stat.st_mtime))


def zip_date(seconds: float) -> _Date:
    """Return a time in seconds since 1970 as the nearest local one that a ZIP can hold."""
    # Near these years at first: not every system knows the local time of every number.
    seconds = min(max(seconds, 9 * _YEAR_SECONDS), 139 * _YEAR_SECONDS)
    year, month, day, hour, minute, second = time.localtime(seconds)[:6]
    return min(max((year, month, day, hour, minute, second), _EARLIEST), _LATEST)


class _Sink:
    """Takes what the archive writes, until it is sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data

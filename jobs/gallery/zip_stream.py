"""A ZIP archive as a stream: it is sent while it is built, and never held as a whole."""

from __future__ import annotations

import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from anyio import CapacityLimiter, to_thread

_CHUNK = 1 << 20  # bytes
_ZIP64_FROM = 1 << 31  # bytes of a file
_EARLIEST, _LATEST = 315_532_800.0, 4_354_819_198.0  # times that a ZIP can hold: 1980 to 2107


class ZipEntry(NamedTuple):
    """A file of an archive: one on disk, or a text."""

    name: str
    content: Path | str


class UniqueNames:
    """Gives each file of a folder a name of its own, also where case does not matter."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, name: str) -> str:
        """Return a name, with a number if it is in use."""
        path = PurePosixPath(name)
        number = 1
        while name.casefold() in self._used:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        self._used.add(name.casefold())
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
            archive.writestr(entry.name, entry.content.encode())
            yield sink.take()
            continue
        file = await to_thread.run_sync(_open, entry.content, limiter=limiter)
        if file is None:
            continue
        with file.file:
            info = zipfile.ZipInfo(entry.name, file.date)
            info.file_size = file.size
            with archive.open(info, "w", force_zip64=file.size >= _ZIP64_FROM) as out:
                while chunk := await to_thread.run_sync(file.file.read, _CHUNK, limiter=limiter):
                    out.write(chunk)
                    yield sink.take()
    archive.close()
    yield sink.take()


class _OpenFile(NamedTuple):
    file: BinaryIO
    size: int
    date: tuple[int, int, int, int, int, int]


def _open(path: Path) -> _OpenFile | None:
    try:
        file = path.open("rb")
    except OSError:
        return None  # gone since it was looked for
    stat = path.stat()
    date = time.localtime(min(_LATEST, max(_EARLIEST, stat.st_mtime)))[:6]
    return _OpenFile(file, stat.st_size, date)


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

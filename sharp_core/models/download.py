"""Downloading one large file over HTTP so that nothing is lost when the line breaks.

Bytes go to `NAME.part`, and `NAME.part.json` says which version of the file they are of. A
download that breaks off is taken up there, now or in the next run (RFC 9110, sections 13 and 14:
Range and If-Range). The final name appears when all bytes are on the disk.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schemas.errors import DownloadError

Progress = Callable[[int, int | None], None]  # bytes so far, and of how many, if that is known
Notice = Callable[[str], None]  # a sentence for a person

_BLOCK = 1 << 18
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_PARTIAL, _RANGE_NOT_SATISFIABLE = 206, 416


class _BrokeOffError(Exception):
    """One try failed; another one may not."""


class _NoConnectionError(_BrokeOffError):
    """The server was not reached at all."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When a download gives up."""

    stall_seconds: float = 30.0  # without a byte, after which the line counts as broken
    tries: int = 6  # in a row that brought not one byte more
    pause_seconds: float = 1.0  # before another try, doubled from one to the next
    # For a server that has never been reached: most often there is no network, and a person waits.
    connect_seconds: float = 4.0  # a try, for each address of the server
    unreached_seconds: float = 10.0  # in all, after which no other try begins


DEFAULT_PATIENCE = Patience()


def download(
    url: str,
    target: Path,
    *,
    begins_with: bytes = b"",
    notice: Notice = lambda text: None,
    progress: Progress = lambda done, total: None,
    patience: Patience = DEFAULT_PATIENCE,
) -> None:
    """Download `url` to `target`, taking up an earlier try where it stopped.

    `begins_with` are the first bytes of the file: a web page in its place, from a proxy or a hotel,
    is found out at once. `notice` is told of each wait. Where another process downloads the same
    file, this one waits for it. Raises DownloadError with the reason.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _open_part(target, notice) as part:
            if part is None:
                return  # the other process has finished it
            _complete(url, part, begins_with, notice, progress, patience)
            part.become(target)
    except OSError as error:
        raise DownloadError(f"{target}: {error.strerror or error}") from error


def _complete(
    url: str,
    part: _Part,
    begins_with: bytes,
    notice: Notice,
    progress: Progress,
    patience: Patience,
) -> None:
    """Try until `part` is the whole file."""
    failures, is_reached, started = 0, False, time.monotonic()
    while True:
        before = part.size()
        timeout = patience.stall_seconds if is_reached else patience.connect_seconds
        try:
            _continue(url, part, begins_with, progress, timeout)
        except _BrokeOffError as error:
            is_reached |= not isinstance(error, _NoConnectionError)
            failures = 0 if part.size() > before else failures + 1
            pause = patience.pause_seconds * 2 ** max(failures - 1, 0)
            waited = time.monotonic() - started + pause
            is_hopeless = not is_reached and waited > patience.unreached_seconds
            if is_hopeless or failures >= patience.tries:
                raise DownloadError(f"{url}: {error}") from error
            notice(f"The download waits: {error}; trying again in {pause:.0f} s.")
            time.sleep(pause)
        else:
            return


def _continue(
    url: str, part: _Part, begins_with: bytes, progress: Progress, timeout: float
) -> None:
    """Ask for what is missing of `part`, and write it to the disk."""
    version = part.version()
    have = part.size() if version else 0
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
    if version and have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", version)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            _receive(response, part, have, begins_with, progress)
    except urllib.error.HTTPError as error:
        with error:  # it holds the connection
            _judge(error, part, have)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as e:
        reason = getattr(e, "reason", e)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise DownloadError(f"{url}: {reason}") from e
        message = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        if isinstance(e, urllib.error.URLError):
            raise _NoConnectionError(f"no connection to {request.host}: {message}") from e
        raise _BrokeOffError(message) from e


def _judge(error: urllib.error.HTTPError, part: _Part, have: int) -> None:
    """Return if a server's refusal means that nothing is missing; else raise what it means."""
    if error.code == _RANGE_NOT_SATISFIABLE:
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return
        part.forget_version()  # another file than the one begun: start again
    elif error.code not in _WORTH_ANOTHER_TRY:
        raise DownloadError(f"{error.url}: the server says {error.code} {error.reason}") from error
    raise _BrokeOffError(f"the server says {error.code} {error.reason}") from error


def _receive(
    response: http.client.HTTPResponse,
    part: _Part,
    have: int,
    begins_with: bytes,
    progress: Progress,
) -> None:
    """Append the body of `response` to the `have` bytes that are there, or start with it."""
    start = have if response.status == _PARTIAL else 0
    length = response.headers.get("Content-Length")
    total = start + int(length) if length is not None else None
    sent = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if response.status == _PARTIAL and (sent is None or int(sent[1]) != start):
        part.forget_version()
        raise _BrokeOffError("the server sent another part of the file than the one asked for")
    if total is not None:
        part.check_room(total)
    part.cut(start)
    part.note_version(_version_of(response))
    done = start
    while block := response.read1(_BLOCK):
        if done == 0 and not block.startswith(begins_with[: len(block)]):
            kind = response.headers.get("Content-Type", "something else")
            raise DownloadError(f"{response.url}: the server sent {kind} in place of the file")
        part.write(block)
        done += len(block)
        progress(done, total)
    part.sync()
    if total is not None and done < total:
        raise _BrokeOffError(f"the server sent {done:,} of {total:,} bytes")


def _version_of(response: http.client.HTTPResponse) -> str | None:
    """Return what names this content of the file: a strong ETag, or else its date."""
    etag = response.headers.get("ETag")
    if etag and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified")


@dataclass(frozen=True, slots=True)
class _Part:
    """The bytes that have arrived, and the version of the file that they are of."""

    path: Path
    file: IO[bytes]

    def size(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def version(self) -> str | None:
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return noted if isinstance(noted, str) else None

    def note_version(self, version: str | None) -> None:
        self._note.write_text(json.dumps(version), encoding="utf-8")

    def forget_version(self) -> None:
        self._note.unlink(missing_ok=True)

    def check_room(self, total: int) -> None:
        needed, free = total - self.size(), shutil.disk_usage(self.path.parent).free
        if needed > free:
            raise DownloadError(
                f"{self.path.parent}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} are free"
            )

    def cut(self, size: int) -> None:
        self.file.truncate(size)
        self.file.seek(size)

    def write(self, block: bytes) -> None:
        try:
            rest = memoryview(block)
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:  # else it would be taken for a fault of the line
            raise DownloadError(f"{self.path}: {error.strerror}") from error

    def sync(self) -> None:
        os.fsync(self.file.fileno())

    def become(self, target: Path) -> None:
        """Take the final name, before another process may go on with this one."""
        if os.name == "nt":
            self.file.close()  # Windows renames no open file
        self.path.replace(target)
        self.forget_version()

    @property
    def _note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")


@contextmanager
def _open_part(target: Path, notice: Notice) -> Iterator[_Part | None]:
    """Open what there is of `target`, for this process alone; None if another has finished it."""
    path = target.with_name(target.name + ".part")
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0) as file:
            _lock(file, path, notice)
            if _is_still(path, file):
                yield _Part(path, file)
                return
        if target.exists():  # it was renamed, and the file that was opened is the finished one
            yield None
            return


def _is_still(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file: IO[bytes], path: Path, notice: Notice) -> None:
    """Wait until no other process writes to `file`."""
    try:
        import fcntl
    except ImportError:  # Windows, where two writers get in each other's way without it
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        notice(f"Another process is downloading {path}; waiting for it.")
        fcntl.flock(file, fcntl.LOCK_EX)

"""Resumable download of one large file over HTTP.

In: a URL and a target path. Out: the complete file at the target path.
Bytes are written to `NAME.part`; `NAME.part.json` records the version of the file (ETag or date).
An interrupted download resumes from there, now or in the next run (RFC 9110, sections 13 and 14:
Range and If-Range). The final name appears when all bytes are on the disk.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import sys
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
_RETRYABLE_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_PARTIAL, _RANGE_NOT_SATISFIABLE = 206, 416


class _TransferError(Exception):
    """One attempt failed. Another attempt may succeed."""


class _NoConnectionError(_TransferError):
    """The attempt did not reach the server."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Timeouts and limits of a download."""

    stall_seconds: float = 30.0  # without a byte, until the connection counts as broken
    tries: int = 6  # consecutive attempts that bring no new byte
    pause_seconds: float = 1.0  # before the next attempt, doubled each time
    # For a server that was never reached: most often there is no network, and a person waits.
    connect_seconds: float = 4.0  # per attempt, for each address of the server
    unreached_seconds: float = 10.0  # in total, after which no new attempt starts


DEFAULT_RETRY_POLICY = RetryPolicy()


def download(
    url: str,
    target: Path,
    *,
    begins_with: bytes = b"",
    notice: Notice = lambda text: None,
    progress: Progress = lambda done, total: None,
    retry_policy: RetryPolicy = DEFAULT_RETRY_POLICY,
) -> None:
    """Download `url` to `target`. An interrupted download resumes.

    `begins_with` are the first bytes of the file, to detect at once that a proxy or a hotel network
    sends a web page instead. `notice` gets a message about each wait. If another process downloads
    the same file, this one waits for it. Raises DownloadError with the reason.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _open_part(target, notice) as part:
            if part is None:
                return  # another process has finished the download
            _complete(url, part, begins_with, notice, progress, retry_policy)
            part.become(target)
    except OSError as error:
        raise DownloadError(f"{target}: {error.strerror or error}") from error


def _complete(
    url: str,
    part: _Part,
    begins_with: bytes,
    notice: Notice,
    progress: Progress,
    retry_policy: RetryPolicy,
) -> None:
    """Retry until `part` is the complete file."""
    failures, is_reached, started = 0, False, time.monotonic()
    while True:
        before = part.size()
        timeout = retry_policy.stall_seconds if is_reached else retry_policy.connect_seconds
        try:
            _continue(url, part, begins_with, progress, timeout)
        except _TransferError as error:
            is_reached |= not isinstance(error, _NoConnectionError)
            failures = 0 if part.size() > before else failures + 1
            pause = retry_policy.pause_seconds * 2 ** max(failures - 1, 0)
            waited = time.monotonic() - started + pause
            is_hopeless = not is_reached and waited > retry_policy.unreached_seconds
            if is_hopeless or failures >= retry_policy.tries:
                raise DownloadError(f"{url}: {error}") from error
            notice(f"The download waits: {error}; trying again in {pause:.0f} s.")
            time.sleep(pause)
        else:
            return


def _continue(
    url: str, part: _Part, begins_with: bytes, progress: Progress, timeout: float
) -> None:
    """Request the missing bytes of `part`, and write them to the disk."""
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
        with error:  # closes the connection
            _check_refusal(error, part, have)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as e:
        reason = getattr(e, "reason", e)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise DownloadError(f"{url}: {reason}") from e
        message = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        if isinstance(e, urllib.error.URLError):
            raise _NoConnectionError(f"no connection to {request.host}: {message}") from e
        raise _TransferError(message) from e


def _check_refusal(error: urllib.error.HTTPError, part: _Part, have: int) -> None:
    """Return if an HTTP error means that no byte is missing. Otherwise raise the matching error."""
    if error.code == _RANGE_NOT_SATISFIABLE:
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return
        part.forget_version()  # the file on the server has changed: start again
    elif error.code not in _RETRYABLE_STATUS:
        raise DownloadError(f"{error.url}: the server says {error.code} {error.reason}") from error
    raise _TransferError(f"the server says {error.code} {error.reason}") from error


def _receive(
    response: http.client.HTTPResponse,
    part: _Part,
    have: int,
    begins_with: bytes,
    progress: Progress,
) -> None:
    """Append the body of `response` to the first `have` bytes, or start again with it."""
    start = have if response.status == _PARTIAL else 0
    length = response.headers.get("Content-Length")
    total = start + int(length) if length is not None else None
    sent = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if response.status == _PARTIAL and (sent is None or int(sent[1]) != start):
        part.forget_version()
        raise _TransferError("the server sent another part of the file than the one asked for")
    if total is not None:
        part.check_free_space(total)
    part.truncate(start)
    part.record_version(_version_of(response))
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
        raise _TransferError(f"the server sent {done:,} of {total:,} bytes")


def _version_of(response: http.client.HTTPResponse) -> str | None:
    """Return the version of the file: its strong ETag, or otherwise its date."""
    etag = response.headers.get("ETag")
    if etag and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified")


@dataclass(frozen=True, slots=True)
class _Part:
    """The downloaded bytes, and the version of the file that they belong to."""

    path: Path
    file: IO[bytes]

    def size(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def version(self) -> str | None:
        try:
            version = json.loads(self._version_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return version if isinstance(version, str) else None

    def record_version(self, version: str | None) -> None:
        self._version_path.write_text(json.dumps(version), encoding="utf-8")

    def forget_version(self) -> None:
        self._version_path.unlink(missing_ok=True)

    def check_free_space(self, total: int) -> None:
        needed, free = total - self.size(), shutil.disk_usage(self.path.parent).free
        if needed > free:
            raise DownloadError(
                f"{self.path.parent}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} are free"
            )

    def truncate(self, size: int) -> None:
        self.file.truncate(size)
        self.file.seek(size)

    def write(self, block: bytes) -> None:
        try:
            rest = memoryview(block)
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:  # otherwise the caller would take it for a network error
            raise DownloadError(f"{self.path}: {error.strerror}") from error

    def sync(self) -> None:
        os.fsync(self.file.fileno())

    def become(self, target: Path) -> None:
        """Take the final name, while this process still holds the lock."""
        if os.name == "nt":
            self.file.close()  # Windows cannot rename an open file
        self.path.replace(target)
        self.forget_version()

    @property
    def _version_path(self) -> Path:
        return self.path.with_name(self.path.name + ".json")


@contextmanager
def _open_part(target: Path, notice: Notice) -> Iterator[_Part | None]:
    """Open the partial file of `target` with a lock. Yields None if another process finished it."""
    path = target.with_name(target.name + ".part")
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0) as file:
            _lock(file, path, notice)
            if _is_still(path, file):
                yield _Part(path, file)
                return
        if target.exists():  # another process renamed the partial file while this one waited
            yield None
            return


def _is_still(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file: IO[bytes], path: Path, notice: Notice) -> None:
    """Wait until no other process writes to `file`."""
    if sys.platform == "win32":  # two concurrent downloads are not prevented
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        notice(f"Another process is downloading {path}; waiting for it.")
        fcntl.flock(file, fcntl.LOCK_EX)

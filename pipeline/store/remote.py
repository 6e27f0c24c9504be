"""A library's files in an object store, through fsspec.

A file is written on this machine first and then uploaded as a whole. An upload appears in an object
store once it is complete, so a writer that fails leaves nothing.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

from pipeline.store.disk_errors import is_disk_full, no_space_left
from pipeline.store.layout import TEMPORARY_PREFIX, WRITE_TEST_FOLDER
from pipeline.store.local import StoredPath, fill
from pipeline.store.retry import call_with_retries, is_retrying, is_transient, start_retrying
from pipeline.store.root import S3, RemoteRoot
from schemas.errors import RunError
from schemas.extras import how_to_install
from schemas.records import StoredFile

_TEMPORARY_FOLDER = "sharp-batch-"
_MOST_REMOVED_AT_ONCE = 1000  # S3's own limit
_T = TypeVar("_T")


class RemoteFiles:
    """Files at an address. Raises FileNotFoundError for a missing file, RunError for other errors.

    It holds the address only: connections survive neither pickling nor a fork, so each process
    opens its own when it first needs one. A worker that gets this retries as its run does.
    """

    def __init__(self, root: RemoteRoot) -> None:
        self._root = root

    def __getstate__(self) -> tuple[RemoteRoot, bool]:
        return self._root, is_retrying()

    def __setstate__(self, state: tuple[RemoteRoot, bool]) -> None:
        self._root, is_retrying_run = state
        if is_retrying_run:
            start_retrying()

    @property
    def disk(self) -> str:
        """What is full on a disk-full error: object stores report none."""
        return f"the disk of {tempfile.gettempdir()}, for temporary files"

    def address(self, relative: str) -> str:
        """Return the address of a file."""
        return f"{self._root}/{relative}"

    def make(self) -> None:
        """Do nothing: folders come with their files."""

    def write(self, relative: str, write: Callable[[BinaryIO], object]) -> StoredFile:
        """Have `write` fill a file, whole or not at all. Raises OSError of this machine's disk."""
        with _temporary_folder() as folder:
            local = folder / PurePosixPath(relative).name
            stored = fill(local, relative, write, to_disk=False)
            self._ask("written", relative, lambda system, path: _send(system, local, path))
        return stored

    @contextlib.contextmanager
    def open_local(self, relative: str) -> Iterator[Path]:
        """Give a copy of a file on this machine, which is removed afterwards."""
        with _temporary_folder() as folder:
            local = folder / PurePosixPath(relative).name
            self._ask("read", relative, lambda system, path: system.get_file(path, str(local)))
            yield local

    def read_bytes(self, relative: str) -> bytes:
        """Return what a file holds."""
        return bytes(self._ask("read", relative, lambda system, path: system.cat_file(path)))

    def size(self, relative: str) -> int:
        """Return a file's size in bytes."""
        found = self._ask("read", relative, lambda system, path: system.info(path))
        if found["type"] != "file":
            raise self._missing(relative)
        return int(found["size"])

    def sizes(self, *folders: str) -> Callable[[str], int]:
        """Return what tells the size of files in these folders, which are listed now."""
        listed = {file.path: file.bytes for folder in folders for file in self.files(folder)}

        def size(relative: str) -> int:
            if relative not in listed:
                raise self._missing(relative)
            return listed[relative]

        return size

    def files(self, folder: str) -> Iterator[StoredPath]:
        """Yield every file below a folder, by path."""
        return self._listed(folder)

    def _listed(self, folder: str, **options: str) -> Iterator[StoredPath]:
        found: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(FileNotFoundError):
            found = self._ask(
                "read", folder, lambda system, path: system.find(path, detail=True, **options)
            )
        start = len(self._path(""))
        for path in sorted(found):
            yield StoredPath(path[start:], int(found[path]["size"]))

    def remove(self, relative: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self._ask("removed", relative, lambda system, path: system.rm_file(path))

    def remove_all(self, relatives: Iterable[str]) -> None:
        """Remove files, those that are there; from S3 with one request for as many as it takes."""
        if self._root.scheme not in S3:
            for relative in relatives:
                self.remove(relative)
            return
        rest = iter(relatives)
        while at_once := list(islice(rest, _MOST_REMOVED_AT_ONCE)):
            refused = self._ask(
                "removed",
                at_once[0],
                lambda system, _: _refused(system, {self._path(name): name for name in at_once}),
            )
            for relative in refused:  # each by itself: that tells why
                self.remove(relative)

    def sweep(self, folder: str) -> int:
        """Remove what killed probes left in a folder; killed writers leave nothing in a store."""
        if folder != WRITE_TEST_FOLDER:
            return 0
        left = [file.path for file in self._listed(folder, prefix=TEMPORARY_PREFIX)]
        self.remove_all(left)
        return len(left)

    def free_bytes(self) -> None:
        """Return None: stores report no free space."""

    def _ask(self, done: str, relative: str, ask: Callable[[Any, str], _T]) -> _T:
        """Call `ask` with the file system and a file's path in it, with retries.

        Raises FileNotFoundError, and RunError, which says what could not be `done`.
        """
        with self._known_errors(done, relative):
            return call_with_retries(lambda: ask(self._system, self._path(relative)))

    @property
    def _system(self) -> Any:  # noqa: ANN401 - fsspec has no types
        system, _ = _connect(str(self._root), os.getpid())
        system.invalidate_cache()  # to see what other machines have written
        return system

    def _path(self, relative: str) -> str:
        _, base = _connect(str(self._root), os.getpid())
        return f"{base}/{relative}"

    def _missing(self, relative: str) -> FileNotFoundError:
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.address(relative))

    @contextlib.contextmanager
    def _known_errors(self, done: str, relative: str) -> Iterator[None]:
        """Translate the store's errors into RunError; FileNotFoundError stays."""
        address = self.address(relative)
        try:
            yield
        except RunError:
            raise
        except ImportError as error:
            raise RunError(
                f"{self._root.scheme}:// cannot be used: {error}", self._how_to_get()
            ) from error
        except FileNotFoundError as error:
            if not _is_bucket_missing(error):
                raise self._missing(relative) from error
            raise RunError(
                f"{address} cannot be {done}: there is no such bucket",
                "Make it, or name another one with --library. A server other than Amazon's is "
                "named by AWS_ENDPOINT_URL.",
            ) from error
        except PermissionError as error:
            raise RunError(
                f"{address} cannot be {done}: access is refused ({error})",
                "Listing, reading, writing and removing have to be allowed there. " + self._hint(),
            ) from error
        except Exception as error:  # each store has errors of its own
            if isinstance(error, OSError) and is_disk_full(error):
                raise RunError(no_space_left(self.disk), "Make room, or set TMPDIR.") from error
            said = "; ".join([str(error), *getattr(error, "__notes__", ())])
            raise RunError(f"{address} cannot be {done}: {said}", self._hint()) from error

    def _hint(self) -> str:
        if self._root.scheme in S3:
            return (
                "Credentials come from ~/.aws or from variables: AWS_PROFILE, AWS_ACCESS_KEY_ID "
                "and AWS_SECRET_ACCESS_KEY; AWS_ENDPOINT_URL names another server than Amazon's. "
                "Then run the same command again."
            )
        return "See that this machine may use it, then run the same command again."

    def _how_to_get(self) -> str:
        if self._root.scheme in S3:
            return f"Get it: {how_to_install('s3')}"
        return "Install that package on every machine that works on the library."


def _send(system: Any, local: Path, path: str) -> None:  # noqa: ANN401 - fsspec has no types
    system.put_file(str(local), path)
    wanted, found = local.stat().st_size, system.info(path)["size"]
    if found != wanted:
        system.rm_file(path)
        raise RunError(f"{path} has {found} bytes after {wanted} were sent; it was removed")


def _refused(system: Any, files: dict[str, str]) -> list[str]:  # noqa: ANN401 - fsspec has no types
    """Remove S3's files at these paths; return the names of those that were not removed.

    Not by `rm`, which treats a * in an address as a pattern, and ignores errors of single files.
    """
    names = {system.split_path(path)[1]: name for path, name in files.items()}
    bucket, _, _ = system.split_path(next(iter(files)))
    asked = {"Objects": [{"Key": key} for key in names], "Quiet": True}
    try:
        answer = system.call_s3("delete_objects", Bucket=bucket, Delete=asked)
    except Exception as error:
        if is_transient(error):
            raise
        return list(names.values())  # not every S3 server has this request
    return [names[refused["Key"]] for refused in answer.get("Errors", ())]


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix=_TEMPORARY_FOLDER)
    except OSError as error:  # of this machine, and not of a file of the library
        raise RunError(
            f"no folder for temporary files can be made: {error}", "Make room, or set TMPDIR."
        ) from error
    with folder as path:
        yield Path(path)


@functools.cache
def _connect(uri: str, _process: int) -> tuple[Any, str]:
    """Return this process's file system for an address, and the address's path in it."""
    from fsspec import available_protocols
    from fsspec.core import url_to_fs

    scheme = uri.partition("://")[0]
    if scheme not in available_protocols():  # abfss is known once its package is installed
        raise ImportError("install adlfs")
    system, base = url_to_fs(uri, use_listings_cache=False, skip_instance_cache=True)
    if scheme in S3:
        # Retries are for `call_with_retries`, which ends when the run stops: by default, the client
        # tries 25 times in almost a minute.
        system.retries = 2
        if "AWS_MAX_ATTEMPTS" not in os.environ:
            system.config_kwargs.setdefault("retries", {"total_max_attempts": 3})
    return system, base.rstrip("/")


def _is_bucket_missing(error: FileNotFoundError) -> bool:
    """Tell a missing bucket from a missing file, where the store says so."""
    answer = getattr(error.__cause__, "response", None) or {}
    return bool(answer.get("Error", {}).get("Code") == "NoSuchBucket")

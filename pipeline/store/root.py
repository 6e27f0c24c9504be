"""Where a library is: a folder, or an address in an object store, as in s3://bucket/photos."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from schemas.errors import UsageError

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # one letter is a drive
S3 = frozenset({"s3", "s3a"})
# In these stores a file appears under its name once it is complete, which a library needs. Most
# other file systems of fsspec write in place, or rename by copying.
OBJECT_STORES = S3 | {"gs", "gcs", "az", "abfs", "abfss"}
DEFAULT_LIBRARY = "sharp-library"  # a folder in the working directory
_EXAMPLE = "Write it like s3://bucket/photos, or give a folder."


@dataclass(frozen=True, slots=True)
class RemoteRoot:
    """An address in an object store that fsspec knows, without a slash at its end."""

    uri: str

    def __str__(self) -> str:
        return self.uri

    @property
    def scheme(self) -> str:
        """What is before ://, as in s3."""
        return self.uri.partition("://")[0]

    @property
    def name(self) -> str:
        """The last part of the address, as a folder's name is of its path."""
        return self.uri.rpartition("/")[2]


LibraryRoot = Path | RemoteRoot


def parse_root(text: str) -> LibraryRoot:
    """Return the root of a library from an option's text. Raises UsageError.

    Plain text and file:// are folders.
    """
    found = _ADDRESS.match(text)
    if found is None:
        return Path(text)
    scheme = found[1].lower()
    try:
        parts = urlsplit(text)
        has_password = parts.password is not None
    except ValueError as error:
        raise UsageError(f"{text} is not an address: {error}", _EXAMPLE) from error
    if has_password:
        # It would appear in messages and reports.
        raise UsageError(
            f"a library's address must not hold a password ({scheme}://...)",
            "Give credentials as the object store's own tools take them, as in ~/.aws.",
        )
    if scheme in {"file", "local"}:
        if parts.netloc not in {"", "localhost"}:
            raise UsageError(f"{text} names another machine", "Write file:///FOLDER.")
        from urllib.request import url2pathname  # brings all of HTTP along

        return Path(url2pathname(parts.path))
    if scheme not in OBJECT_STORES:
        raise UsageError(
            f"{text}: no library can be at {scheme}://: nothing promises that a file appears there "
            "whole or not at all",
            "Object stores that do are s3:// (or s3a://), gs:// (gcs://) and az:// (abfs://, "
            f"abfss://). {_EXAMPLE}",
        )
    rest = text[found.end() :].rstrip("/")
    if not parts.netloc or "//" in rest or "::" in rest:  # in fsspec, :: nests one store in another
        raise UsageError(f"{text} is not a complete address", _EXAMPLE)
    return RemoteRoot(f"{scheme}://{rest}")


def address_meant(path: Path) -> str | None:
    """Return the address, if one was given where a local file was asked for."""
    text = path.as_posix().replace(":/", "://", 1)
    return text if _ADDRESS.match(text) else None

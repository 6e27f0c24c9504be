"""The published weights on this machine: find, download and fingerprint a checkpoint file.

The search looks in `$SHARP_BATCH_HOME` (by default the user's cache folder) and in the folder of
torch.hub. Downloads go to the first. `hashes.json` there caches the SHA-256 of each checkpoint with
its size and time, so that 2.8 GB are read once and not at every start.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from schemas.choices import BUNDLED_MODEL
from schemas.errors import DownloadError, WeightsDamagedError, WeightsMissingError
from sharp_core.models.download import DEFAULT_RETRY_POLICY, Notice, Progress, RetryPolicy, download
from sharp_core.models.sharp.entry import LICENCE_NOTICE

FILE_NAME = "sharp_2572gikvuh.pt"
URL = f"https://ml-site.cdn-apple.com/models/sharp/{FILE_NAME}"
# Version of the code that uses the weights. Increase it if the same weights give other scenes.
_CODE_VERSION = 1
_ZIP_BEGINS_WITH = b"PK\x03\x04"  # checkpoints of torch are zip archives


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A checkpoint file with its size and hash."""

    path: Path
    size: int  # bytes
    sha256: str

    @property
    def fingerprint(self) -> str:
        """Identifies weights and code. Equal fingerprints give equal scenes."""
        return f"sharp-{_CODE_VERSION}-{self.sha256[:12]}"


def cache_home() -> Path:
    """Return the folder for weights and caches: `$SHARP_BATCH_HOME` or the user's cache folder."""
    if chosen := os.environ.get("SHARP_BATCH_HOME"):
        return Path(chosen).expanduser()
    try:
        from platformdirs import user_cache_path
    except ImportError:
        return Path.home() / ".cache" / "sharp-batch"
    return user_cache_path("sharp-batch", appauthor=False)


def find_checkpoint(given: Path | None = None) -> Path | None:
    """Return `given`, or the published checkpoint if this machine has it, or None.

    Raises WeightsMissingError if `given` is not a file.
    """
    if given is not None:
        if not given.is_file():
            raise WeightsMissingError(f"there is no checkpoint {given}", _ways_out())
        return given
    places = (cache_home() / FILE_NAME, _torch_hub() / "checkpoints" / FILE_NAME)
    return next((path for path in places if path.is_file()), None)


def _torch_hub() -> Path:
    """Return where torch.hub keeps its files, as torch.hub.get_dir() does, without torch."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    return Path(os.environ.get("TORCH_HOME", cache / "torch")).expanduser() / "hub"


def fetch_checkpoint(
    *,
    licence: Notice,
    notice: Notice = lambda text: None,
    progress: Progress = lambda done, total: None,
    retry_policy: RetryPolicy = DEFAULT_RETRY_POLICY,
    url: str = URL,
) -> Path:
    """Download the published checkpoint, or its missing bytes, and return its path.

    `licence` gets the licence notice before the first byte, `notice` a message about each wait.
    Raises WeightsMissingError, WeightsDamagedError.
    """
    target = cache_home() / FILE_NAME
    if not _has_bytes(target.with_name(FILE_NAME + ".part")):
        licence(LICENCE_NOTICE)
    notice(f"Downloading {url} to {target}")
    try:
        download(
            url,
            target,
            begins_with=_ZIP_BEGINS_WITH,
            notice=notice,
            progress=progress,
            retry_policy=retry_policy,
        )
    except DownloadError as error:
        raise WeightsMissingError(
            f"the weights could not be downloaded: {error}", _ways_out()
        ) from error
    if not zipfile.is_zipfile(target):
        target.unlink()
        raise WeightsDamagedError(f"{url}: what was downloaded is not whole", _ways_out())
    return target


def _has_bytes(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def inspect_checkpoint(path: Path) -> CheckpointFile:
    """Return size and SHA-256 of a checkpoint. The file is read if it is new or has changed.

    Raises WeightsDamagedError if a downloaded checkpoint has changed since its first use.
    """
    path = path.resolve()
    stat = path.stat()
    known = _read_hashes()
    entry = known.get(str(path))
    if entry is not None and (entry.size, entry.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        return CheckpointFile(path, stat.st_size, entry.sha256)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    published = (cache_home() / FILE_NAME).resolve()
    if entry is not None and entry.sha256 != sha256 and path == published:
        raise WeightsDamagedError(
            f"{path} has changed since it was first used: its SHA-256 was {entry.sha256}, "
            f"and is now {sha256}",
            "Remove it to have it downloaded again; if the new file is meant, remove "
            f"{_hashes_path()} instead.",
        )
    _write_hashes(known | {str(path): _Entry(stat.st_size, stat.st_mtime_ns, sha256)})
    return CheckpointFile(path, stat.st_size, sha256)


@dataclass(frozen=True, slots=True)
class _Entry:
    size: int
    mtime_ns: int
    sha256: str


def _hashes_path() -> Path:
    return cache_home() / "hashes.json"


def _read_hashes() -> dict[str, _Entry]:
    try:
        content = json.loads(_hashes_path().read_text(encoding="utf-8"))
        return {path: _Entry(**entry) for path, entry in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # no cache yet, or not readable: compute the hashes again


def _write_hashes(entries: dict[str, _Entry]) -> None:
    content = {path: asdict(entry) for path, entry in entries.items()}
    path = _hashes_path()
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        temporary.replace(path)
    except OSError:  # it is only a cache
        with suppress(OSError):
            temporary.unlink()


def _ways_out() -> str:
    return (
        "Three ways out:\n"
        f"- download {URL} by hand to {cache_home() / FILE_NAME}\n"
        "- give a checkpoint that is somewhere else with --checkpoint\n"
        f"- try everything out without a download with --model {BUNDLED_MODEL}"
    )

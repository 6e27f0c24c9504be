"""Checks of a machine, each with advice if something is missing."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from jobs.console.output import size_text
from jobs.maintenance.platform_support import TESTED, platform_support
from pipeline.catalog.status import read_status
from pipeline.library import Library
from pipeline.store.root import LibraryRoot, RemoteRoot
from pipeline.store.store import Store
from pipeline.work.usable_cores import usable_cores
from schemas.count_text import count_text
from schemas.errors import SharpBatchError
from schemas.extras import Extra, extras, how_to_install
from schemas.settings import SplatSettings
from sharp_core.formats.registry import FORMATS
from sharp_core.models.entry import USUAL_GAUSSIANS
from sharp_core.models.registry import MODELS

_LEAST_FREE_BYTES = 660_000_000  # ten scenes in the largest format

# What the extras of pyproject.toml are for.
_PURPOSES = {
    "raw": "--full-raw",
    "jxl": "JPEG XL photos",
    "gpu": "drawing scenes on an NVIDIA GPU",
    "postgres": "a catalog in PostgreSQL",
    "s3": "libraries at s3://",
    "cluster": "--submit, and the dashboard of a Ray cluster",
    "gallery": "the gallery",
    "usd": "USD files (.usdz)",
    "perceptual": "LPIPS and DISTS in 'evaluate'",
    "train": "training with several workers, and TensorBoard",
}


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, with advice if something can be done."""

    name: str
    level: Level
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return plain values, for JSON."""
        return asdict(self)


def examine(root: LibraryRoot, catalog_url: str | None = None) -> list[Finding]:
    """Run every check and return its findings."""
    return [
        Finding("sharp-batch", Level.OK, version("sharp-batch")),
        Finding("python", Level.OK, f"{platform.python_version()} ({sys.executable})"),
        _platform(),
        _machine(),
        *_torch(),
        _package("ray", "scenes are made in one process only; install ray, or use --inline"),
        _package("numba", "scenes cannot be drawn on the CPU; install numba"),
        _package("pillow-heif", "HEIC photos cannot be read; install pillow-heif"),
        _package("av", "MP4 clips cannot be made; install av"),
        *map(_extra, extras()),
        *_weights(),
        *_disk(root),
        *_library(root, catalog_url),
        _writable(root),
    ]


def _platform() -> Finding:
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    support = platform_support(platform.system())
    if support.is_tested:
        return Finding("platform", Level.OK, system)
    found = f"{system}: sharp-batch is tested on {TESTED} only"
    return Finding("platform", Level.NOTE, found, " ".join(support.differences))


def _machine() -> Finding:
    memory = psutil.virtual_memory().total
    return Finding(
        "machine", Level.OK, f"{count_text(usable_cores(), 'core')}, {size_text(memory)} of memory"
    )


def _torch() -> Iterator[Finding]:
    import torch

    yield Finding("torch", Level.OK, torch.__version__)
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            found = f"{properties.name}, {size_text(properties.total_memory)}"
            yield Finding(f"gpu {index}", Level.OK, found)
    elif torch.backends.mps.is_available():
        yield Finding("gpu", Level.OK, "Apple GPU")
    else:
        yield Finding(
            "gpu",
            Level.NOTE,
            "none that torch can use",
            "All runs on the CPU, slower. With an NVIDIA GPU, install a CUDA build of torch.",
        )


def _package(name: str, consequence: str) -> Finding:
    try:
        return Finding(name, Level.OK, version(name))
    except PackageNotFoundError:
        return Finding(name, Level.PROBLEM, "not installed", consequence)


def _extra(extra: Extra) -> Finding:
    name, purpose = f"extra {extra.name}", _PURPOSES.get(extra.name, "some tasks")
    if extra.is_installed:
        return Finding(name, Level.OK, f"installed: {purpose}")
    found = f"not installed ({', '.join(extra.missing)}); needed only for {purpose}"
    return Finding(name, Level.NOTE, found, how_to_install(extra.name))


def _weights() -> Iterator[Finding]:
    for model in MODELS:
        if model.weights is None:
            continue
        what, path = f"weights of {model.name}", model.weights.source.get().find_checkpoint()
        if path is None:
            found = f"not on this machine; only --model {model.name} needs them"
            yield Finding(what, Level.NOTE, found, f"sharp-batch model fetch {model.name}")
        else:
            yield Finding(what, Level.OK, f"{path}, {size_text(path.stat().st_size)}")


def _nearest_folder(library: Path) -> Path:
    """Return the library's folder, or its nearest parent that exists."""
    library = library.absolute()
    return next(path for path in (library, *library.parents) if path.exists())


def _writable(library: LibraryRoot) -> Finding:
    if not isinstance(library, Path):
        return _writable_store(library)
    folder = _nearest_folder(library)
    if os.access(folder, os.W_OK | os.X_OK):
        return Finding("writing", Level.OK, f"{folder} can be written")
    return Finding(
        "writing",
        Level.PROBLEM,
        f"{folder} cannot be written: photos cannot be ingested, only viewed",
        "Change its permissions, or name another library with --library.",
    )


def _writable_store(library: RemoteRoot) -> Finding:
    try:
        with Store(library).write_test():
            pass
    except SharpBatchError as error:
        return Finding("writing", Level.PROBLEM, error.message, error.hint)
    return Finding("writing", Level.OK, f"{library} can be written")


def _disk(library: LibraryRoot) -> Iterator[Finding]:
    if not isinstance(library, Path):
        return
    folder = _nearest_folder(library)
    free = shutil.disk_usage(folder).free
    scenes = count_text(round(free / _usual_scene_bytes()), "scene")
    found = f"{size_text(free)} free at {folder}, room for about {scenes}"
    level = Level.OK if free > _LEAST_FREE_BYTES else Level.PROBLEM
    yield Finding("disk", level, found, "" if level is Level.OK else "Make room.")


def _usual_scene_bytes() -> float:
    return USUAL_GAUSSIANS * FORMATS.get(SplatSettings().format).bytes_per_gaussian


def _library(root: LibraryRoot, catalog_url: str | None) -> Iterator[Finding]:
    try:
        library = Library.resolve(root, catalog_url)
    except SharpBatchError as error:
        yield Finding("library", Level.PROBLEM, error.message, error.hint)
        return
    try:
        yield _content(library)
    except SharpBatchError as error:
        yield Finding("library", Level.PROBLEM, error.message, error.hint)
    warning = library.network_warning()
    if warning is not None:
        yield Finding("catalog", Level.NOTE, warning)


def _content(library: Library) -> Finding:
    place = library.root.absolute() if isinstance(library.root, Path) else library.root
    if not library.has_catalog():
        advice = "Make one: sharp-batch ingest PHOTOS"
        return Finding("library", Level.NOTE, f"none at {place}", advice)
    with library.read() as connection:
        status = read_status(connection)
    photos = ", ".join(f"{count} {state}" for state, count in status.photos.items())
    return Finding("library", Level.OK, f"{place}: {photos or 'empty'}")

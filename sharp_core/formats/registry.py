"""Every splat format by name and by suffix: the way in for whoever reads or writes scenes.

The caller names a path or an open file; the format follows from the suffix or is named. Writers
write where they are told to: temporary names, syncing and renaming are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeGuard

from schemas.errors import FormatError, UsageError
from sharp_core.formats.ply.read import read_ply
from sharp_core.formats.ply.write import write_ply
from sharp_core.formats.scene import SceneInfo, StoredScene
from sharp_core.formats.sog.bundle import SogOptions
from sharp_core.formats.sog.meta import META
from sharp_core.formats.sog.read import read_sog, read_sog_folder
from sharp_core.formats.sog.write import write_sog, write_sog_folder
from sharp_core.formats.splat import read_splat, write_splat
from sharp_core.formats.spz.read import read_spz
from sharp_core.formats.spz.write import SpzOptions, write_spz
from sharp_core.scene.gaussians import Gaussians

# What a format can be told. None stands for its defaults.
Options = SogOptions | SpzOptions

Read = Callable[[BinaryIO], StoredScene]
Write = Callable[[BinaryIO, Gaussians, SceneInfo | None], None]


@dataclass(frozen=True, slots=True)
class SplatFormat:
    """One format. `write` writes by its defaults; `options` is the class of what it can be told."""

    name: str
    suffixes: tuple[str, ...]
    read: Read
    write: Write
    options: type[Options] | None = None


FORMATS = {
    splat_format.name: splat_format
    for splat_format in (
        SplatFormat("sog", (".sog",), read_sog, write_sog, SogOptions),
        SplatFormat("spz", (".spz",), read_spz, write_spz, SpzOptions),
        SplatFormat("ply", (".ply",), read_ply, write_ply),
        SplatFormat("splat", (".splat",), read_splat, write_splat),
    )
}


def format_of(path: str | Path) -> SplatFormat:
    """Return the format of a path's suffix, or of a SOG's meta.json.

    Raises UsageError that lists the known ones.
    """
    if Path(path).name == META:
        return FORMATS["sog"]
    suffix = Path(path).suffix.lower()
    for splat_format in FORMATS.values():
        if suffix in splat_format.suffixes:
            return splat_format
    raise UsageError(f"{path}: no splat format has this ending; known are {_known()}")


def format_named(name: str) -> SplatFormat:
    """Return the format of a name. Raises UsageError that lists the known ones."""
    if name not in FORMATS:
        raise UsageError(f"{name!r} is no splat format; known are {_known()}")
    return FORMATS[name]


def write_scene(
    target: str | Path | BinaryIO,
    gaussians: Gaussians,
    info: SceneInfo | None = None,
    *,
    format_name: str | None = None,
    options: Options | None = None,
) -> None:
    """Write a scene to a path or to an open binary file, which needs `format_name`.

    A path that ends in meta.json becomes a SOG as a folder, whose images lie beside that file.
    Equal scenes give equal bytes. Raises ValueError, naming the field, if the Gaussians make no
    sense, UsageError if no format has that name, ending or options, and FormatError if the format
    cannot express the scene.
    """
    splat_format = _choose(target, format_name)
    if options is not None and type(options) is not splat_format.options:
        raise UsageError(f"{type(options).__name__} are not for {splat_format.name}")
    if _is_sog_folder(target):
        folder_options = options if isinstance(options, SogOptions) else None
        write_sog_folder(Path(target), gaussians, info, folder_options)
        return
    with _opened(target, "wb") as file:
        _writer(splat_format, options)(file, gaussians, info)


def read_scene(source: str | Path | BinaryIO, *, format_name: str | None = None) -> StoredScene:
    """Read a scene from a path or from an open, seekable binary file, which needs `format_name`.

    Raises UsageError if no format has that name or ending, FormatError, naming the file and what is
    wrong with it, and OSError where it cannot be read at all. A good file gives at least one
    Gaussian and finite values only.
    """
    splat_format = _choose(source, format_name)
    try:
        if _is_sog_folder(source):
            return read_sog_folder(Path(source))
        with _opened(source, "rb") as file:
            return splat_format.read(file)
    except FormatError as error:
        name = source if isinstance(source, str | Path) else getattr(source, "name", "open file")
        raise FormatError(f"{name}: {error}") from None


def _writer(splat_format: SplatFormat, options: Options | None) -> Write:
    match options:
        case SogOptions():
            return partial(write_sog, options=options)
        case SpzOptions():
            return partial(write_spz, options=options)
        case None:
            return splat_format.write


def _choose(place: str | Path | BinaryIO, format_name: str | None) -> SplatFormat:
    if format_name is not None:
        return format_named(format_name)
    if isinstance(place, str | Path):
        return format_of(place)
    raise UsageError(f"an open file needs the name of its format: {_known()}")


def _is_sog_folder(place: str | Path | BinaryIO) -> TypeGuard[str | Path]:
    return isinstance(place, str | Path) and Path(place).name == META


def _opened(place: str | Path | BinaryIO, mode: str) -> AbstractContextManager[BinaryIO]:
    if isinstance(place, str | Path):
        return Path(place).open(mode)  # type: ignore[return-value]
    return nullcontext(place)


def _known() -> str:
    return ", ".join(
        f"{splat_format.name} ({' '.join(splat_format.suffixes)})"
        for splat_format in FORMATS.values()
    )

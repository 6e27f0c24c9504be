"""Every splat format by name and by suffix: the entry point for reading and writing scenes.

The caller names a path or an open file; the format follows from the suffix or is named. Writers
write where they are told to: temporary names, syncing and renaming are the caller's.
To add a format: its folder, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from schemas.errors import FormatError, MissingToolError, UsageError
from schemas.registry import Lazy, Registry
from sharp_core.formats.entry import DEFAULT_QUALITY, Options, PreparedScene, SplatFormat
from sharp_core.formats.glb.entry import GLB
from sharp_core.formats.ksplat.entry import KSPLAT
from sharp_core.formats.ply.entry import PLY
from sharp_core.formats.sog.entry import SOG
from sharp_core.formats.splat.entry import SPLAT
from sharp_core.formats.spz.entry import SPZ
from sharp_core.formats.usd.entry import USD, USDZ

if TYPE_CHECKING:  # torch is imported where a format reads or writes
    from sharp_core.formats.scene import SceneInfo, StoredScene
    from sharp_core.scene.gaussians import Gaussians

FORMATS = Registry(
    "splat format",
    SplatFormat,
    lambda: (SOG, SPZ, PLY, SPLAT, GLB, USDZ, USD, KSPLAT),
    group="sharp_batch.formats",
)


_ORIENTED: Lazy[Callable[..., StoredScene]] = Lazy("sharp_core.formats.orientation", "oriented")

# Of formats that have no entry here: what a message calls them.
_FOREIGN = {
    ".lcc": "an LCC of XGRIDS",
    ".splatv": "a .splatv",
    ".rad": "a .rad of Spark",
}


class _Storable:
    """The formats that a library can hold scenes in, as choices of a setting."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in FORMATS if entry.is_storable)

    @property
    def labels(self) -> str:
        return "; ".join(f"'{entry.name}': {entry.label}" for entry in FORMATS if entry.is_storable)

    def check(self, name: str, option: str) -> None:
        if not FORMATS.get(name, option).is_storable:
            raise UsageError(
                f"{option} {name}: a library does not hold scenes in this format",
                f"A library can hold {', '.join(self.names)}.",
            )


class _Qualities:
    """The qualities of all formats together, as choices of a setting."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for entry in FORMATS for name in entry.qualities))

    @property
    def labels(self) -> str:
        return "; ".join(
            f"{entry.name}: {', '.join(entry.qualities)}" for entry in FORMATS if entry.qualities
        )

    def check(self, name: str, option: str) -> None:
        if name not in self.names:
            raise UsageError(
                f"{option} {name}: there is no such quality", f"Qualities are {self.labels}."
            )


STORABLE, QUALITIES = _Storable(), _Qualities()


def stored_quality(format_name: str, quality: str | None) -> str | None:
    """Return the quality that a library stores scenes of this format in; None: there is only one.

    Raises UsageError where a library cannot hold the format, or it has no such quality.
    """
    STORABLE.check(format_name, "--format")
    entry = FORMATS.get(format_name)
    if quality is None:
        return entry.default_quality
    if not entry.qualities:
        having = " and ".join(other.name for other in FORMATS if other.qualities)
        raise UsageError(
            f"--quality is for {having}, and {format_name} has only one",
            "Omit --quality, or choose another --format.",
        )
    if quality not in entry.qualities:
        raise UsageError(
            f"--quality {quality}: {format_name} has no such quality",
            f"It has {', '.join(entry.qualities)}.",
        )
    return quality


def format_of(path: str | Path) -> SplatFormat:
    """Return the format of a path's suffix, or of the file that stands for a folder.

    Raises UsageError that lists the known ones.
    """
    path = Path(path)
    for entry in FORMATS:
        if path.suffix.lower() in entry.all_suffixes or _is_index_file(path, entry):
            return entry
    foreign = foreign_splat(path.name)
    if foreign is not None:
        raise UsageError(f"{path}: {foreign} cannot be read or written", f"Known are {_known()}.")
    raise UsageError(
        f"{path}: no splat format has this suffix; known are {_known()}",
        "To make a scene of a photo: sharp-batch predict PHOTO -o SCENE.sog",
    )


def format_to_write(path: str | Path) -> SplatFormat:
    """Return the format that a path is written in.

    Raises UsageError that says what can be written, or what this machine lacks.
    """
    entry = format_of(path)
    suffix = Path(path).suffix.lower()
    if entry.write is None or suffix in entry.read_suffixes:
        instead = entry.suffixes if entry.write is not None else _written_suffixes()
        raise UsageError(
            f"{path}: {suffix} files can be read, and not written",
            f"Write {'one of ' if len(instead) > 1 else 'a '}{', '.join(instead)}.",
        )
    try:
        entry.check_works()
    except MissingToolError as error:
        raise UsageError(f"{path} cannot be written here: {error.message}", error.hint) from error
    return entry


def _written_suffixes() -> tuple[str, ...]:
    return tuple(entry.suffixes[0] for entry in FORMATS if entry.write is not None)


def formats_written_here() -> tuple[SplatFormat, ...]:
    """Return the formats that can be written on this machine: menus offer no others."""
    return tuple(entry for entry in FORMATS if entry.write is not None and _works(entry))


def _works(entry: SplatFormat) -> bool:
    try:
        entry.check_works()
    except MissingToolError:
        return False
    return True


def foreign_splat(name: str) -> str | None:
    """Return what a file is that holds splats in a format which cannot be read; None for others."""
    return _FOREIGN.get(Path(name).suffix.lower())


def is_splat_name(name: str) -> bool:
    """Tell whether a file's name is that of a splat file."""
    path = Path(name)
    return any(
        path.suffix.lower() in entry.all_suffixes or _is_index_file(path, entry)
        for entry in FORMATS
    )


def is_folder_index(path: Path) -> bool:
    """Tell whether a path stands for a scene as a folder of files, as a SOG's meta.json does."""
    return any(_is_index_file(path, entry) for entry in FORMATS)


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
    Equal scenes give equal bytes on one machine. Raises ValueError, naming the field, if the
    Gaussians make no sense, UsageError if no format has that name, ending or options, and
    FormatError if the format cannot express the scene.
    """
    entry = _entry_to_write(target, format_name)
    assert entry.write is not None
    if options is not None and type(options) is not entry.options:
        raise UsageError(f"{type(options).__name__} are not for {entry.name}")
    more = () if options is None else (options,)
    if isinstance(target, str | Path):
        path = Path(target)
        if entry.folder is not None and _is_index_file(path, entry):
            entry.folder.write.get()(path, gaussians, info, *more)
            return
    with _opened(target, "wb") as file:
        entry.write.get()(file, gaussians, info, *more)


def prepare_scene(
    gaussians: Gaussians,
    info: SceneInfo | None,
    format_name: str,
    options: Options | None = None,
) -> PreparedScene | None:
    """Return a scene in the form in which a format stores it, made on the Gaussians' device.

    None where the format has no such form: Gaussians travel as floats then. Raises ValueError,
    naming the field, if the Gaussians are not valid.
    """
    preparation = FORMATS.get(format_name).preparation
    if preparation is None:
        return None
    return PreparedScene(format_name, preparation.prepare.get()(gaussians, info, options))


def write_prepared(
    file: BinaryIO,
    scene: PreparedScene,
    info: SceneInfo | None = None,
    *,
    options: Options | None = None,
) -> None:
    """Write to an open file what `write_scene` would write of the Gaussians. Takes no torch.

    Raises ValueError where the scene was not prepared for a format that is known here.
    """
    preparation = FORMATS.get(scene.format).preparation
    if preparation is None:
        raise ValueError(f"scenes are not prepared for {scene.format}")
    preparation.write.get()(file, scene.content, info, options)


def read_scene(
    source: str | Path | BinaryIO, *, format_name: str | None = None, axes: str | None = None
) -> StoredScene:
    """Read a scene from a path or from an open, seekable binary file, which needs `format_name`.

    `axes` says where x, y and z point in a file that does not state it: see `scene.axes`. Raises
    UsageError if no format has that name or ending, or the axes are not valid, FormatError, naming
    the file and what is wrong with it, MissingToolError where this machine lacks what the format
    needs, and OSError where it cannot be read at all. A good file gives at least one Gaussian and
    finite values only.
    """
    entry = _choose(source, format_name)
    if entry.read is None:
        raise UsageError(f"{entry.name} files can be written, and not read")
    name = source if isinstance(source, str | Path) else getattr(source, "name", "open file")
    try:
        stored = _read(source, entry)
    except FormatError as error:
        raise FormatError(f"{name}: {error}") from None
    except MissingToolError as error:
        raise MissingToolError(f"{name}: {error.message}", error.hint) from None
    return _ORIENTED.get()(stored, axes, entry.assumed_axes)


def _read(source: str | Path | BinaryIO, entry: SplatFormat) -> StoredScene:
    assert entry.read is not None
    if isinstance(source, str | Path):
        path = Path(source)
        if entry.folder is not None and _is_index_file(path, entry):
            return entry.folder.read.get()(path)
        if entry.read_path is not None:
            return entry.read_path.get()(path)
    with _opened(source, "rb") as file:
        return entry.read.get()(file)


def check_scene(path: Path) -> None:
    """Raise FormatError, naming the file and what is wrong, where a stored scene is damaged.

    Every length, count, checksum and image is read, but no Gaussians are made, and no torch is
    needed: a value that is not finite is found by `read_scene` only. Raises UsageError and OSError
    as it does.
    """
    check = format_of(path).check
    if check is None:
        return
    try:
        with path.open("rb") as file:
            check.get()(file)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None


def _entry_to_write(target: str | Path | BinaryIO, format_name: str | None) -> SplatFormat:
    if format_name is None and isinstance(target, str | Path):
        return format_to_write(target)
    entry = _choose(target, format_name)
    if entry.write is None:
        raise UsageError(f"{entry.name} files can be read, and not written")
    return entry


def _choose(place: str | Path | BinaryIO, format_name: str | None) -> SplatFormat:
    if format_name is not None:
        return FORMATS.get(format_name)
    if isinstance(place, str | Path):
        return format_of(place)
    raise UsageError(f"an open file needs the name of its format: {_known()}")


def _is_index_file(path: Path, entry: SplatFormat) -> bool:
    return entry.folder is not None and path.name == entry.folder.index_file


def _opened(place: str | Path | BinaryIO, mode: str) -> AbstractContextManager[BinaryIO]:
    if isinstance(place, str | Path):
        return Path(place).open(mode)  # type: ignore[return-value]
    return nullcontext(place)


def _known() -> str:
    return ", ".join(f"{entry.name} ({' '.join(entry.all_suffixes)})" for entry in FORMATS)


__all__ = [
    "DEFAULT_QUALITY",
    "FORMATS",
    "QUALITIES",
    "STORABLE",
    "Options",
    "PreparedScene",
    "SplatFormat",
    "check_scene",
    "foreign_splat",
    "format_of",
    "format_to_write",
    "formats_written_here",
    "is_folder_index",
    "is_splat_name",
    "prepare_scene",
    "read_scene",
    "stored_quality",
    "write_prepared",
    "write_scene",
]

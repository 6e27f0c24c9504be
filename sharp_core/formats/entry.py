"""What the program knows of a splat format before it reads or writes one. Nothing takes torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

from schemas.errors import UsageError
from schemas.registry import Lazy

if TYPE_CHECKING:
    from sharp_core.formats.scene import StoredScene

Choice = TypeVar("Choice", int, str)
Options = object  # what a format's writer can be told; each format has a class of its own
ReadScene = Callable[[BinaryIO], "StoredScene"]
# (file, Gaussians, SceneInfo or None), and then the options where there are some
WriteScene = Callable[..., None]

# Of a format that has several qualities: names of files do not mention it.
DEFAULT_QUALITY = "default"


@dataclass(frozen=True, slots=True)
class FolderFormat:
    """A scene as a folder of files; the path of one of them stands for all."""

    index_file: str
    read: Lazy[Callable[[Path], StoredScene]]
    write: Lazy[Callable[..., None]]  # (path of the index file, Gaussians, info, options)


class PreparedScene(NamedTuple):
    """A scene in the form in which one format stores it, on the way to the writer of that format.

    It travels between processes: `content` is made of NumPy arrays and plain values, and its
    classes import no torch.
    """

    format: str
    content: Any  # what `Preparation.prepare` of the format returned


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a format makes a scene small where it was predicted, for a writer in another process."""

    # (Gaussians, SceneInfo or None, options or None) -> content, on the device of the Gaussians.
    # Raises ValueError, naming the field, if the Gaussians are not valid.
    prepare: Lazy[Callable[..., object]]
    # (file, content, SceneInfo or None, options or None): writes what `write` of the format would
    # write of the same scene. Takes no torch.
    write: Lazy[Callable[..., None]]
    bytes_per_gaussian: float  # of the content


@dataclass(frozen=True, slots=True, eq=False)
class SplatFormat:
    """One format. To add one, write its folder and name its entry in `registry`."""

    name: str
    label: str  # a line for help and menus
    suffixes: tuple[str, ...]
    read: Lazy[ReadScene] | None
    write: Lazy[WriteScene] | None
    bytes_per_gaussian: float  # of a usual scene, by the defaults
    check: Lazy[Callable[[BinaryIO], object]] | None = None  # of the structure; takes no torch
    is_storable: bool = False  # a library can hold scenes in it: it keeps all that a scene has
    folder: FolderFormat | None = None
    preparation: Preparation | None = None  # None: Gaussians travel to the writer as floats
    # Further suffixes of files that can be read. Files are written with those of `suffixes` alone.
    read_suffixes: tuple[str, ...] = ()
    # Reads from a path, where files beside it belong to the scene; `read` is for open files.
    read_path: Lazy[Callable[[Path], StoredScene]] | None = None
    # What it needs beyond this package: raises MissingToolError that says what to install.
    check_tools: Lazy[Callable[[], None]] | None = None
    # Where a file does not state its axes: the usual ones of its format, then those of a scene
    # that lies behind the camera (`scene.axes`). Empty: all files of the format have ours.
    assumed_axes: tuple[str, ...] = ()
    keeps_grid: bool = False  # it is smaller where Gaussians keep their places in a grid
    options: type[Options] | None = None  # the class of what the writer can be told
    # Choices of --quality and of the format's version: what the writer is told for each.
    qualities: Mapping[str, Options] = field(default_factory=dict)
    versions: Mapping[int, Options] = field(default_factory=dict)
    versions_label: str = ""  # who reads which version

    @property
    def all_suffixes(self) -> tuple[str, ...]:
        """The suffixes of the files that can be read or written."""
        return (*self.suffixes, *self.read_suffixes)

    def check_works(self) -> None:
        """Raise MissingToolError where this machine lacks what the format needs."""
        if self.check_tools is not None:
            self.check_tools.get()()

    @property
    def default_quality(self) -> str | None:
        """The usual quality; None where there is nothing to choose."""
        return DEFAULT_QUALITY if self.qualities else None

    def options_for(self, quality: str | None = None, version: int | None = None) -> Options | None:
        """Return what the writer is told. Raises UsageError where the format has no such choice."""
        if quality is not None and version is not None:
            raise UsageError("a quality and a version do not go together", "Omit one of them.")
        if quality is not None:
            return self._choice("quality", quality, self.qualities)
        return self._choice("version", version, self.versions) if version is not None else None

    def _choice(self, what: str, value: Choice, choices: Mapping[Choice, Options]) -> Options:
        if value not in choices:
            hint = f"They have no choice of {what}: omit it."
            if choices:
                hint = f"Known: {', '.join(map(str, choices))}."
            raise UsageError(f"{self.name} files have no {what} {value}", hint)
        return choices[value]

"""Scenes -> splat files: in a library, in the format of the settings, or as one file anywhere.

torch is imported only where Gaussians are written: a worker that stores prepared scenes does not
need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from pipeline.store.disk_errors import check_folder_of
from pipeline.store.layout import scene_path
from pipeline.store.store import Store
from schemas.errors import FormatError, UsageError
from schemas.records import StoredFile
from schemas.settings import SplatSettings
from sharp_core.formats.registry import (
    FORMATS,
    Options,
    PreparedScene,
    format_to_write,
    is_folder_index,
    write_prepared,
    write_scene,
)
from sharp_core.formats.scene import SceneInfo

if TYPE_CHECKING:
    from sharp_core.scene.gaussians import Gaussians


class SceneWriter(Protocol):
    """Stores a finished scene, whole or not at all."""

    @property
    def format(self) -> str:
        """The name of the splat format."""
        ...

    @property
    def quality(self) -> str | None:
        """The name of the quality; None where the format has only one."""
        ...

    def write(self, scene_id: str, scene: Gaussians | PreparedScene, info: SceneInfo) -> StoredFile:
        """Store a scene. Raises PhotoError, RunError, ValueError, FormatError."""
        ...


@dataclass(frozen=True, slots=True)
class LibrarySceneWriter:
    """Stores scenes in a library, each under its id."""

    store: Store
    settings: SplatSettings

    @property
    def format(self) -> str:
        """The name of the splat format."""
        return self.settings.format

    @property
    def quality(self) -> str | None:
        """The name of the quality; None where the format has only one."""
        return self.settings.quality

    def write(self, scene_id: str, scene: Gaussians | PreparedScene, info: SceneInfo) -> StoredFile:
        """Store a scene. Raises PhotoError, RunError, ValueError, FormatError."""
        return store_splat(self.store, scene_id, scene, info, self.settings)


@dataclass(frozen=True, slots=True)
class SingleSceneWriter:
    """Writes one scene to one file, in any splat format, with the format's defaults."""

    path: Path
    format: str
    quality: str | None = None

    def write(self, scene_id: str, scene: Gaussians | PreparedScene, info: SceneInfo) -> StoredFile:
        """Write the scene. Raises PhotoError, RunError, ValueError."""

        def write(file: BinaryIO) -> None:
            if isinstance(scene, PreparedScene):
                write_prepared(file, scene, info)
            else:
                write_scene(file, scene, info, format_name=self.format)

        return Store(self.path.absolute().parent).write(self.path.name, write)


def write_splat_file(
    to: str | Path,
    gaussians: Gaussians,
    info: SceneInfo | None = None,
    *,
    options: Options | None = None,
) -> Path:
    """Write a scene to a file whose suffix names the format, whole or not at all; return its path.

    A path that ends in meta.json becomes a SOG as a folder, written image by image, the index last.
    Raises UsageError where the path or the options are of no use, or the format cannot express the
    scene; ValueError, naming the field, where the Gaussians make no sense; PhotoError (disk full)
    and RunError where nothing can be written.
    """
    to = Path(to)
    entry = format_to_write(to)
    if options is not None and type(options) is not entry.options:
        raise UsageError(
            f"{entry.name} files have no such option", "Omit it, or choose another format."
        )
    check_folder_of(to)
    try:
        if is_folder_index(to):
            write_scene(to, gaussians, info, options=options)
            return to

        def write(file: BinaryIO) -> None:
            write_scene(file, gaussians, info, format_name=entry.name, options=options)

        Store(to.absolute().parent).write(to.name, write)
    except FormatError as error:
        raise UsageError(f"{to}: the scene cannot become {entry.name}: {error}") from error
    return to


def store_splat(
    store: Store,
    scene_id: str,
    scene: Gaussians | PreparedScene,
    info: SceneInfo,
    settings: SplatSettings,
) -> StoredFile:
    """Store a scene under its id. Raises PhotoError, RunError, ValueError, FormatError."""
    options = options_of(settings)

    def write(file: BinaryIO) -> None:
        if isinstance(scene, PreparedScene):
            write_prepared(file, scene, info, options=options)
        else:
            write_scene(file, scene, info, format_name=settings.format, options=options)

    return store.write(scene_path(scene_id, settings.format, settings.quality), write)


def options_of(settings: SplatSettings) -> Options | None:
    """Return the options of the format's writer."""
    return FORMATS.get(settings.format).options_for(settings.quality)

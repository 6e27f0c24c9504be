"""Scenes -> splat files: in a library, in the format of the settings, or as one file anywhere.

torch is imported only where Gaussians are written: a worker that stores prepared scenes does not
need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from pipeline.store.layout import scene_path
from pipeline.store.store import Store
from schemas.records import StoredFile
from schemas.settings import SplatSettings
from sharp_core.formats.registry import (
    FORMATS,
    Options,
    PreparedScene,
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

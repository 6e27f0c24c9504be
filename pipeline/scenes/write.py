"""Scenes -> splat files: in a library, in the format that settings name, or as one file anywhere.

torch is imported only where Gaussians are written: a worker that stores quantised scenes does not
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
from sharp_core.formats.registry import FORMATS, Options, write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.bundle import write_sog_planes
from sharp_core.formats.sog.planes import SogPlanes
from sharp_core.formats.sog.settings import SogOptions

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
        """The name of the preset, of a SOG."""
        ...

    def write(self, scene_id: str, scene: Gaussians | SogPlanes, info: SceneInfo) -> StoredFile:
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
        """The name of the preset, of a SOG."""
        return self.settings.quality

    def write(self, scene_id: str, scene: Gaussians | SogPlanes, info: SceneInfo) -> StoredFile:
        """Store a scene. Raises PhotoError, RunError, ValueError, FormatError."""
        return store_splat(self.store, scene_id, scene, info, self.settings)


@dataclass(frozen=True, slots=True)
class SingleSceneWriter:
    """Writes one scene to one file, in any splat format, with the format's defaults."""

    path: Path
    format: str
    quality: str | None = None

    def write(self, scene_id: str, scene: Gaussians | SogPlanes, info: SceneInfo) -> StoredFile:
        """Write the scene, which must not be quantised. Raises PhotoError, RunError, ValueError."""
        if isinstance(scene, SogPlanes):
            raise TypeError("a quantised scene can only be written to a library")

        def write(file: BinaryIO) -> None:
            write_scene(file, scene, info, format_name=self.format)

        return Store(self.path.absolute().parent).write(self.path.name, write)


def store_splat(
    store: Store,
    scene_id: str,
    scene: Gaussians | SogPlanes,
    info: SceneInfo,
    settings: SplatSettings,
) -> StoredFile:
    """Store a scene under its id. Raises PhotoError, RunError, ValueError, FormatError."""
    options = options_of(settings)
    sog_options = options if isinstance(options, SogOptions) else SogOptions()

    def write(file: BinaryIO) -> None:
        if isinstance(scene, SogPlanes):
            write_sog_planes(file, scene, info, sog_options)
        else:
            write_scene(file, scene, info, format_name=settings.format, options=options)

    return store.write(scene_path(scene_id, settings.format, settings.quality), write)


def options_of(settings: SplatSettings) -> Options | None:
    """Return what the format's writer is told."""
    return FORMATS.get(settings.format).options_for(settings.quality)

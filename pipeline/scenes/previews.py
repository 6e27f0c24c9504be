"""Scenes -> clips and stills in the library, recorded as artifacts."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_scenes, stream_scenes, streamed
from pipeline.catalog.scenes import scene_files
from pipeline.catalog.side_by_side import side_by_side
from pipeline.scenes.missing_tools import tool_errors_as_usage
from pipeline.scenes.read import read_stored, unviewable_scene_errors
from pipeline.scenes.scene_info import info_of_stored
from pipeline.scenes.views import SceneRenders
from pipeline.store.layout import PREVIEWS, PreviewPath
from pipeline.store.store import Store
from pipeline.work.failures import failed
from schemas.choices import PreviewKind
from schemas.errors import RunError
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.export_settings import PreviewSettings
from schemas.outcomes import Failed, Made, Stage
from schemas.records import ArtifactRecord, SceneFile
from schemas.tables import artifacts
from sharp_core.formats.scene import SceneInfo
from sharp_core.render.api import gpu_engine_is_installed
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.clips import ClipSettings, StillSettings
from sharp_core.views.encode_clip import CLIP_FORMATS

_SUFFIXES = {
    PreviewKind.CLIP: ".mp4",
    PreviewKind.WEBP: ".webp",
    PreviewKind.GIF: ".gif",
    PreviewKind.DEPTH: ".mp4",
    PreviewKind.STILL: ".png",
}


def check_previews(settings: PreviewSettings) -> None:
    """Raise UsageError where a kind of previews cannot be made on this machine."""
    for kind in settings.kinds:
        clip_format = CLIP_FORMATS.get(_SUFFIXES[kind])
        if clip_format is not None:
            with tool_errors_as_usage(f"the preview '{kind}'"):
                clip_format.check()


@dataclass(frozen=True, slots=True)
class PreviewStage:
    """Stored scene -> stored previews. All kinds share one loaded and prepared scene."""

    settings: PreviewSettings
    store: Store
    name: Stage = Stage.PREVIEW
    limit_s: float = SCENE_LIMIT_S
    cores: int = 2  # of a worker

    @property
    def gpus(self) -> float:
        """Four workers share a GPU: rendering is a small part of their time, encoding the rest."""
        return 0.25 if gpu_engine_is_installed() else 0.0

    def process(self, scene: SceneFile) -> Made | Failed:
        """Make all kinds of previews of one scene. Raises RunError."""
        started = time.perf_counter()
        info = info_of_stored(scene)
        views = SceneRenders(
            lambda: read_stored(self.store, scene.splat_path).gaussians, info, self.cores
        )
        try:
            made = self._of_views(scene.photo.photo_id, scene.scene_id, views)
        except RunError:
            raise
        except Exception as error:
            return failed(scene.photo, self.name, error)
        return Made(scene.photo, made, time.perf_counter() - started)

    def of_gaussians(
        self, photo_id: str, scene_id: str, gaussians: Gaussians, info: SceneInfo
    ) -> tuple[ArtifactRecord, ...]:
        """Make previews of a scene that is in memory. Raises PhotoError, RunError."""
        return self._of_views(photo_id, scene_id, SceneRenders(lambda: gaussians, info, self.cores))

    def _of_views(
        self, photo_id: str, scene_id: str, views: SceneRenders
    ) -> tuple[ArtifactRecord, ...]:
        with unviewable_scene_errors():
            made = [(kind, self._make(kind, views)) for kind in self.settings.kinds]
        return tuple(
            ArtifactRecord(
                artifact_id_of(scene_id, kind, self.settings),
                kind,
                photo_id,
                scene_id,
                self.store.write(
                    PreviewPath(scene_id, kind, _SUFFIXES[kind].removeprefix(".")).path,
                    lambda file, data=data: file.write(data),  # type: ignore[misc]
                ),
                settings_text(kind, self.settings),
            )
            for kind, data in made
        )

    def _make(self, kind: PreviewKind, views: SceneRenders) -> bytes:
        if kind is PreviewKind.STILL:
            return views.still(StillSettings(long_side=self.settings.long_side))
        clip = ClipSettings(
            depth=kind is PreviewKind.DEPTH,
            long_side=self.settings.long_side,
            trajectory=self.settings.trajectory,
            seconds=self.settings.seconds,
        )
        return views.clip(_SUFFIXES[kind], clip)


def settings_text(kind: PreviewKind, settings: PreviewSettings) -> str:
    """Return the settings that one kind of preview depends on, as JSON."""
    return json.dumps({**asdict(settings), "kinds": kind})


def artifact_id_of(scene_id: str, kind: PreviewKind, settings: PreviewSettings) -> str:
    """Return the id of a preview: it depends on the settings."""
    text = f"{scene_id} {settings_text(kind, settings)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def due_previews(
    connection: Connection, store: Store, filters: Filters, settings: PreviewSettings
) -> tuple[list[SceneFile], int]:
    """Return the selected scenes that lack a preview, and how many have all of theirs.

    Only scenes that lack one are held in memory.
    """
    size_of = store.sizes(PREVIEWS)
    kinds = {kind.value for kind in settings.kinds}
    complete = 0
    lacking: set[str] = set()
    for found, made in side_by_side(
        stream_scenes(connection, filters), _recorded(connection, settings)
    ):
        there = (
            row.kind
            for row in made
            if row.scene_id == found.scene_id and _is_there(size_of, row.path, row.bytes)
        )
        if kinds <= set(there):
            complete += 1
        else:
            lacking.add(found.scene_id)
    if not lacking:
        return [], complete
    selected = (found.scene_id for found in find_scenes(connection, filters))
    due = (scene_id for scene_id in selected if scene_id in lacking)
    return list(scene_files(connection, due)), complete


def _recorded(connection: Connection, settings: PreviewSettings) -> Iterator[sa.Row[Any]]:
    """Stream the previews with these settings in order of photo_id."""
    names = ("photo_id", "scene_id", "kind", "path", "bytes")
    statement = sa.select(*(artifacts.c[name] for name in names)).where(
        sa.or_(
            *(
                sa.and_(
                    artifacts.c.kind == kind, artifacts.c.settings == settings_text(kind, settings)
                )
                for kind in settings.kinds
            )
        )
    )
    return streamed(connection, statement.order_by(artifacts.c.photo_id))


def _is_there(size_of: Callable[[str], int], path: str, size: int) -> bool:
    """Tell whether a preview is the one that was recorded.

    Previews with other settings have the same file name: a killed run may have left one without
    a row.
    """
    try:
        return size_of(path) == size
    except OSError:
        return False

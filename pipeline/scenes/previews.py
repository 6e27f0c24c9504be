"""Scenes -> clips and stills in the library, recorded as artifacts."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.scenes.render_file import read_stored, unviewable_scene_errors
from pipeline.scenes.requirements import refuse_early
from pipeline.scenes.views import SceneViews
from pipeline.store.layout import PREVIEWS, PreviewPath
from pipeline.store.store import Store
from pipeline.work.failures import failed
from schemas.errors import RunError
from schemas.outcomes import Failed, Made
from schemas.records import ArtifactRecord, MediaType, PhotoFile, PhotoRecord, SceneFile
from schemas.settings import SCENE_LIMIT_S, PreviewKind, PreviewSettings
from schemas.tables import artifacts, photo_paths, photos
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
            with refuse_early(f"the preview '{kind}'"):
                clip_format.check()


@dataclass(frozen=True, slots=True)
class PreviewStage:
    """Stored scene -> stored previews. All kinds share one loaded and prepared scene."""

    settings: PreviewSettings
    store: Store
    name: str = "preview"
    limit_s: float = SCENE_LIMIT_S
    cores: int = 2  # of a worker

    @property
    def gpus(self) -> float:
        """Four workers share a GPU: rendering is a small part of their time, encoding the rest."""
        return 0.25 if gpu_engine_is_installed() else 0.0

    def process(self, scene: SceneFile) -> Made | Failed:
        """Make all kinds of previews of one scene. Raises RunError."""
        started = time.perf_counter()
        info = SceneInfo(scene.focal_px, scene.width, scene.height)
        views = SceneViews(
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
        return self._of_views(photo_id, scene_id, SceneViews(lambda: gaussians, info, self.cores))

    def _of_views(
        self, photo_id: str, scene_id: str, views: SceneViews
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

    def _make(self, kind: PreviewKind, views: SceneViews) -> bytes:
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
    """Return the id of a preview: other settings give another one."""
    text = f"{scene_id} {settings_text(kind, settings)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def due_previews(
    connection: Connection, store: Store, filters: Filters, settings: PreviewSettings
) -> tuple[list[SceneFile], int]:
    """Return the selected scenes that lack a preview, and how many have all of theirs."""
    size_of = store.sizes(PREVIEWS)
    made: Collection[str] = {
        row.artifact_id
        for row in connection.execute(
            sa.select(artifacts.c.artifact_id, artifacts.c.path, artifacts.c.bytes)
        )
        if _is_there(size_of, row.path, row.bytes)
    }
    due, complete = [], 0
    for record in find(connection, filters):
        if record.scene_id is None or record.splat_path is None:
            continue
        wanted = {artifact_id_of(record.scene_id, kind, settings) for kind in settings.kinds}
        if wanted <= set(made):
            complete += 1
            continue
        due.append(scene_file(connection, record))
    return due, complete


def scene_file(connection: Connection, record: PhotoRecord) -> SceneFile:
    """Return the best scene of a photo that has one."""
    return SceneFile(
        record.scene_id or "",
        _photo_file(connection, record.photo_id, record.paths),
        record.splat_path or "",
        record.width or 0,
        record.height or 0,
        record.focal_px or 0.0,
    )


def _is_there(size_of: Callable[[str], int], path: str, size: int) -> bool:
    """Tell whether a preview is the one that was recorded.

    Those of other settings have the same name: one may lie there whose row a killed run has not
    written.
    """
    try:
        return size_of(path) == size
    except OSError:
        return False


def _photo_file(connection: Connection, photo_id: str, paths: tuple[str, ...]) -> PhotoFile:
    row = connection.execute(
        sa.select(photos.c.bytes, photos.c.media_type).where(photos.c.photo_id == photo_id)
    ).one()
    path = paths[0] if paths else photo_id
    mtime = sa.select(photo_paths.c.mtime_ns).where(photo_paths.c.path == path)
    mtime_ns = connection.scalar(mtime) or 0
    return PhotoFile(photo_id, path, row.bytes, mtime_ns, MediaType(row.media_type))

"""Scenes -> clips and stills in the library, recorded as artifacts."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.pictures import intrinsics_of, known_picture_errors, read_splat
from pipeline.query import Filters, find
from pipeline.stages import failed
from pipeline.store import Store, preview_path
from schemas.errors import RunError
from schemas.records import ArtifactRecord, Failed, KnownScene, Made, MediaType, PhotoFile
from schemas.settings import PreviewKind, PreviewSettings
from schemas.tables import artifacts, photo_paths, photos
from sharp_core.clips import ClipSettings, StillSettings, make_clip, make_still
from sharp_core.encode_clip import CLIP_FORMATS
from sharp_core.formats.scene import SceneInfo
from sharp_core.gaussians import Gaussians
from sharp_core.render.api import make_renderer
from sharp_core.trajectories import Trajectory

_SUFFIXES = {
    PreviewKind.CLIP: ".mp4",
    PreviewKind.WEBP: ".webp",
    PreviewKind.GIF: ".gif",
    PreviewKind.DEPTH: ".mp4",
    PreviewKind.STILL: ".png",
}


@dataclass(frozen=True, slots=True)
class PreviewStage:
    """Stored scene -> stored previews. All kinds share one loaded and prepared scene."""

    settings: PreviewSettings
    store: Store
    name: str = "preview"
    cores: int = 2  # of a worker

    def process(self, scene: KnownScene) -> Made | Failed:
        """Make all kinds of previews of one scene. Raises RunError."""
        started = time.perf_counter()
        try:
            stored = read_splat(self.store.absolute(scene.splat_path))
            info = SceneInfo(scene.focal_px, scene.width, scene.height)
            made = self.of_gaussians(scene.photo.photo_id, scene.scene_id, stored.gaussians, info)
        except RunError:
            raise
        except Exception as error:
            return failed(scene.photo, self.name, error)
        return Made(scene.photo, made, time.perf_counter() - started)

    def of_gaussians(
        self, photo_id: str, scene_id: str, gaussians: Gaussians, info: SceneInfo
    ) -> tuple[ArtifactRecord, ...]:
        """Make previews of a scene that is in memory. Raises PhotoError, RunError."""
        photo = intrinsics_of(info)
        with known_picture_errors():
            renderer = make_renderer(gaussians, threads=self.cores)
            made = []
            for kind in self.settings.kinds:
                buffer = io.BytesIO()
                if kind is PreviewKind.STILL:
                    still = StillSettings(long_side=self.settings.long_side)
                    make_still(buffer, gaussians, photo, still, renderer)
                else:
                    clip = ClipSettings(
                        depth=kind is PreviewKind.DEPTH,
                        long_side=self.settings.long_side,
                        trajectory=Trajectory(self.settings.trajectory),
                        seconds=self.settings.seconds,
                    )
                    clip_format = CLIP_FORMATS[_SUFFIXES[kind]]
                    make_clip(buffer, clip_format, gaussians, photo, clip, renderer)
                made.append((kind, buffer))
        return tuple(
            ArtifactRecord(
                artifact_id_of(scene_id, kind, self.settings),
                kind,
                photo_id,
                scene_id,
                self.store.write(
                    preview_path(scene_id, kind, _SUFFIXES[kind]),
                    lambda file, buffer=buffer: file.write(buffer.getbuffer()),  # type: ignore[misc]
                ),
                settings_text(kind, self.settings),
            )
            for kind, buffer in made
        )


def settings_text(kind: PreviewKind, settings: PreviewSettings) -> str:
    """Return the settings that one kind of preview depends on, as JSON."""
    return json.dumps({**asdict(settings), "kinds": kind})


def artifact_id_of(scene_id: str, kind: PreviewKind, settings: PreviewSettings) -> str:
    """Return the id of a preview: other settings give another one."""
    text = f"{scene_id} {settings_text(kind, settings)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def due_previews(
    connection: Connection, store: Store, filters: Filters, settings: PreviewSettings
) -> tuple[list[KnownScene], int]:
    """Return the selected scenes that lack a preview, and how many have all of theirs."""
    made: Collection[str] = {
        row.artifact_id
        for row in connection.execute(sa.select(artifacts.c.artifact_id, artifacts.c.path))
        if store.absolute(row.path).is_file()
    }
    due, complete = [], 0
    for record in find(connection, filters):
        if record.scene_id is None or record.splat_path is None:
            continue
        wanted = {artifact_id_of(record.scene_id, kind, settings) for kind in settings.kinds}
        if wanted <= set(made):
            complete += 1
            continue
        due.append(
            KnownScene(
                record.scene_id,
                _photo_file(connection, record.photo_id, record.paths),
                record.splat_path,
                record.width or 0,
                record.height or 0,
                record.focal_px or 0.0,
            )
        )
    return due, complete


def _photo_file(connection: Connection, photo_id: str, paths: tuple[str, ...]) -> PhotoFile:
    row = connection.execute(
        sa.select(photos.c.bytes, photos.c.media_type).where(photos.c.photo_id == photo_id)
    ).one()
    path = paths[0] if paths else photo_id
    mtime = sa.select(photo_paths.c.mtime_ns).where(photo_paths.c.path == path)
    mtime_ns = connection.scalar(mtime) or 0
    return PhotoFile(photo_id, path, row.bytes, mtime_ns, MediaType(row.media_type))

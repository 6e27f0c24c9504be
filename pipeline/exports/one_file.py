"""One export of one stored scene, to a file that the caller names: without a manifest."""

from __future__ import annotations

from pathlib import Path

from pipeline.exports.registry import check_kinds, kind_named
from pipeline.exports.scene import ExportScene, comfort_of
from pipeline.scenes.read import unviewable_scene_errors
from pipeline.store.disk_errors import check_folder_of
from pipeline.store.store import Store
from pipeline.work.failures import failed
from pipeline.work.usable_cores import usable_cores
from schemas.errors import PhotoError, SharpBatchError
from schemas.export_settings import ExportSettings
from schemas.outcomes import Stage
from schemas.records import PhotoRecord, SceneFile


def export_file(
    store: Store,
    scene: SceneFile,
    record: PhotoRecord,
    kind: str,
    to: Path,
    settings: ExportSettings,
) -> Path:
    """Write an export of a scene in `store` to the file `to`, whole or not at all.

    Raises UsageError for an unknown kind, one that cannot work here, or settings or a folder that
    make no sense; PhotoError where the scene cannot be read or shown, or the disk is full; RunError
    where nothing can be written.
    """
    check_kinds([kind])
    comfort_of(settings)
    check_folder_of(to)
    shared = ExportScene(scene, record, settings, store, usable_cores())
    try:
        with unviewable_scene_errors():
            Store(to.absolute().parent).write(
                to.name, lambda file: kind_named(kind).write(file, shared)
            )
    except SharpBatchError:
        raise
    except Exception as error:  # of the scene: as a run would record it
        outcome = failed(scene.photo, Stage.EXPORT, error)
        raise PhotoError(outcome.reason, f"{to}: {outcome.message}") from error
    return to

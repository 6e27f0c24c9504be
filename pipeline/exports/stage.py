"""Stored scene -> files of the wanted kinds. It is read once, its stereo pair rendered once."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.exports.exported import Exported
from pipeline.exports.kind import ExportKind
from pipeline.exports.metadata import capture_seconds
from pipeline.exports.plan import ExportTask, PlannedFile
from pipeline.exports.registry import kind_of_file
from pipeline.exports.scene import ExportScene
from pipeline.exports.target import ExportTarget
from pipeline.exports.wanted import is_provisional
from pipeline.scenes.read import unviewable_scene_errors
from pipeline.store.store import Store
from pipeline.work.failures import failed
from schemas.errors import RunError, UnsuitableError
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.export_settings import ExportSettings
from schemas.outcomes import Failed, Made, Stage, UnnamedFile


@dataclass(frozen=True, slots=True)
class ExportStage:
    """Makes the due files of one scene, under temporary names."""

    settings: ExportSettings
    library: Store
    target: ExportTarget
    name: Stage = Stage.EXPORT
    limit_s: float = SCENE_LIMIT_S
    cores: int = 2  # of a worker
    gpus: float = 0.0

    def process(self, item: ExportTask) -> Made | Failed:
        """Make all files that the scene is suitable for, or none.

        Raises RunError for an error that is not the scene's.
        """
        started = time.perf_counter()
        scene = ExportScene(item.scene, item.record, self.settings, self.library, self.cores)
        made: list[tuple[Exported, UnnamedFile]] = []
        notes: list[str] = []
        try:
            with unviewable_scene_errors():
                for planned in item.files:
                    try:
                        made.append(self._make(planned, scene))
                    except UnsuitableError as error:
                        notes.append(f"{planned.file}: {error.message}")
        except BaseException as error:
            for _, unnamed in made:
                with contextlib.suppress(OSError):
                    Path(unnamed.partial).unlink(missing_ok=True)
            if isinstance(error, RunError) or not isinstance(error, Exception):
                raise
            return failed(item.photo, self.name, error)
        return Made(
            item.photo,
            tuple(exported.artifact(self.target) for exported, _ in made),
            time.perf_counter() - started,
            unnamed=tuple(unnamed for _, unnamed in made),
            reduced=scene.loss,
            notes=tuple(notes),
            provisional=sum(is_provisional(exported) for exported, _ in made),
        )

    def _make(self, planned: PlannedFile, scene: ExportScene) -> tuple[Exported, UnnamedFile]:
        kind = kind_of_file(planned.kind)
        facts: dict[str, Any] = {}

        def write(file: BinaryIO) -> None:
            decided = kind.write(file, scene)
            facts.update(_facts(kind, scene) if decided is None else decided)

        stored, path = self.target.fill(planned.file, write, capture_seconds(scene.record))
        exported = Exported(
            file=planned.file,
            kind=planned.kind,
            photo_id=scene.record.photo_id,
            scene_id=scene.record.scene_id or "",
            bytes=stored.bytes,
            sha256=stored.sha256,
            settings=json.loads(kind.settings_text(self.settings)),
            facts=facts,
            name=self.settings.name,
            stem=planned.stem,
            mtime_ns=path.stat().st_mtime_ns,
        )
        final = self.target.catalog_path(planned.file)
        return exported, UnnamedFile(str(path), final, planned.may_replace)


def _facts(kind: ExportKind, scene: ExportScene) -> dict[str, Any]:
    """Return what was decided for the scene in a file of this kind."""
    if "baseline_mm" in kind.uses:
        return scene.facts()
    loss = scene.loss
    return asdict(loss) if loss is not None and "max_gaussians" in kind.uses else {}

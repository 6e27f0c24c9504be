"""One splat file -> another format, without a library."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.scenes.read import (
    UNKNOWN_PHOTO,
    intrinsics_of,
    read_splat_file,
    unviewable_scene_errors,
)
from pipeline.scenes.reduce import reduce_scene
from pipeline.scenes.write import write_splat_file
from pipeline.store.disk_errors import check_folder_of
from schemas.errors import PhotoError, UsageError
from schemas.outcomes import SceneReduced
from schemas.reasons import FailureReason
from sharp_core.formats.registry import Options, format_of, format_to_write, is_folder_index
from sharp_core.formats.scene import StoredScene, invalid_text
from sharp_core.views.prune import Pruning
from sharp_core.views.prune import prune as prune_scene


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written."""

    path: str
    format: str
    bytes: int
    gaussians: int
    source_format: str
    source_bytes: int
    pruned: int  # Gaussians that were left out, or made transparent
    pruned_psnr_db: float | None  # of the scene without them, before it was quantised
    reduced: SceneReduced | None  # where Gaussians were merged, and what that loses
    seconds: float
    notes: tuple[str, ...] = ()  # what was left out, repaired or assumed of the source

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def convert_file(
    source: Path,
    to: Path,
    options: Options | None = None,
    *,
    prune: bool = False,
    axes: str | None = None,
    strict: bool = False,
    max_gaussians: int | None = None,
    on_merge: Callable[[int], None] | None = None,
) -> Conversion:
    """Write the scene of `source` to `to`, whole or not at all; suffixes select the formats.

    A SOG as a folder is written image by image, meta.json last. `axes` are those of a source that
    does not state them; `strict` refuses a source with Gaussians that are not valid. More than
    `max_gaussians` are merged, which takes minutes for a large scene: `on_merge` is told their
    number before. Raises UsageError where a path or an option is of no use, PhotoError
    where the splat cannot be read, RunError where this machine cannot prune or merge.
    """
    started = time.perf_counter()
    source_format, target_format = format_of(source), format_to_write(to)
    if options is not None and type(options) is not target_format.options:
        raise UsageError(
            f"{target_format.name} files have no such option",
            "Omit it, or choose another format.",
        )
    check_folder_of(to)
    scene = read_splat_file(source, axes)
    if strict and scene.dropped:
        whole = len(scene.gaussians) + scene.dropped
        raise PhotoError(
            FailureReason.UNREADABLE,
            f"{source}: {invalid_text(scene.dropped, whole)}, and --strict refuses such a file. "
            "Omit it to leave them out.",
        )
    gaussians = scene.gaussians
    if prune and scene.info is not None and scene.info.is_360:
        raise UsageError(
            f"{source} is a 360° scene, and --prune keeps what one view shows", "Omit --prune."
        )
    notes = list(scene.notes)
    if scene.sh_degree > 0:
        notes.append(
            f"its colours depend on the view (degree {scene.sh_degree}); only what they are from "
            "all sides together is written"
        )
    reduced = None
    if max_gaussians is not None:
        if on_merge is not None and len(gaussians) > max_gaussians:
            on_merge(len(gaussians))
        reduced = reduce_scene(gaussians, scene.info, max_gaussians, file=source)
        if reduced is None:
            notes.append(f"it has {len(gaussians):,} Gaussians: none had to be merged")
        else:
            gaussians = reduced.gaussians
            if scene.info is None:
                notes.append(
                    "it does not say where its photo was taken from: Gaussians were merged for a "
                    "camera at the origin with a view of 60 degrees, and others were left out"
                )
    pruning = _prune(scene, source) if prune else None
    if pruning is not None:
        # The grid saves such a format more than leaving Gaussians out does.
        keeps_grid = target_format.keeps_grid
        apply = pruning.make_transparent if keeps_grid else pruning.remove_unseen
        gaussians = apply(gaussians)
    write_splat_file(to, gaussians, scene.info, options=options)
    return Conversion(
        path=str(to),
        format=target_format.name,
        bytes=file_bytes(to),
        gaussians=len(gaussians),
        source_format=source_format.name,
        source_bytes=file_bytes(source),
        pruned=int((~pruning.is_seen).sum()) if pruning is not None else 0,
        pruned_psnr_db=round(pruning.psnr_db, 2) if pruning is not None else None,
        reduced=reduced.loss if reduced is not None else None,
        seconds=round(time.perf_counter() - started, 3),
        notes=tuple(notes),
    )


def _prune(scene: StoredScene, source: Path) -> Pruning:
    with unviewable_scene_errors(source):
        return prune_scene(scene.gaussians, intrinsics_of(scene.info or UNKNOWN_PHOTO))


def file_bytes(path: Path) -> int:
    """Return the size of a splat file; of a SOG as a folder, that of all its files."""
    if not is_folder_index(path):
        return path.stat().st_size
    return sum(part.stat().st_size for part in path.parent.iterdir() if part.is_file())

"""Every kind of export by name: the one place where a new one is named."""

from __future__ import annotations

from pipeline.exports.kind import ExportKind
from pipeline.exports.kinds.clip import CLIPS
from pipeline.exports.kinds.depth import DEPTH, DEPTH_COLOR
from pipeline.exports.kinds.flat_stereo import FLAT_STEREO
from pipeline.exports.kinds.page import HTML
from pipeline.exports.kinds.parquet import PARQUET
from pipeline.exports.kinds.spatial_heic import SPATIAL_HEIC
from pipeline.exports.kinds.splat import SPLATS
from pipeline.exports.kinds.stereo_jpeg import JPS, MPO
from schemas.errors import UsageError

KINDS = {
    kind.name: kind
    for kind in (
        SPATIAL_HEIC,
        *FLAT_STEREO,
        MPO,
        JPS,
        *CLIPS,
        *SPLATS,
        DEPTH,
        DEPTH_COLOR,
        PARQUET,
        HTML,
    )
}


def kind_named(name: str) -> ExportKind:
    """Return the kind of a name. Raises UsageError that lists the known ones."""
    if name not in KINDS:
        raise UsageError(
            f"--kind {name}: there is no such export", f"Known are {', '.join(KINDS)}."
        )
    return KINDS[name]

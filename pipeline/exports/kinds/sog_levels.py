"""Kind `sog-lod`: a scene in levels of detail, to put on a web server.

A ZIP with lod-meta.json and a folder for each level, which holds a SOG as its files:
splat-transform, which names them so, reads no bundles there. Unpacked, lod-meta.json is the address
that PlayCanvas's engine and SuperSplat's viewer open.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import BUDGET, ExportKind, KindGroup
from sharp_core.models.entry import USUAL_GAUSSIANS

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)  # equal scenes give equal bytes
_SMALLER = 0.75  # of the next finer level: with more Gaussians a level is not worth its bytes


def _write(file: BinaryIO, scene: ExportScene) -> None:
    from pipeline.scenes.level_sizes import COARSE_GAUSSIANS, MIDDLE_GAUSSIANS
    from pipeline.scenes.levels import bounds_of, coarse_level, reduced_level, write_level
    from sharp_core.formats.sog.levels import LEVELS_META, Level, levels_meta
    from sharp_core.formats.sog.meta import META

    whole = scene.within_budget
    levels, bundles = [whole], [_finest(scene)]
    if _SMALLER * len(whole) >= MIDDLE_GAUSSIANS:
        levels.append(reduced_level(whole, scene.info, MIDDLE_GAUSSIANS, is_quick=False))
        buffer = io.BytesIO()
        write_level(buffer, levels[-1], scene.info)
        bundles.append(buffer.getvalue())
    if _SMALLER * len(levels[-1]) >= COARSE_GAUSSIANS:
        level, content = coarse_level(whole, scene.info, is_quick=False)
        levels.append(level)
        bundles.append(content)
    folders = [f"{number}_0" for number in range(len(levels))]
    listed = [
        Level(f"{folder}/{META}", len(level)) for folder, level in zip(folders, levels, strict=True)
    ]
    files = {LEVELS_META: levels_meta(listed, bounds_of(*levels))}
    for folder, bundle in zip(folders, bundles, strict=True):
        with zipfile.ZipFile(io.BytesIO(bundle)) as level_files:
            for name in level_files.namelist():
                files[f"{folder}/{name}"] = level_files.read(name)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST_DATE), content)


def _finest(scene: ExportScene) -> bytes:
    from sharp_core.formats.registry import write_scene

    if scene.is_whole and scene.record.format == "sog":  # as it is: nothing gets lost
        return scene.stored_bytes()
    buffer = io.BytesIO()
    write_scene(buffer, scene.within_budget, scene.info, format_name="sog")
    return buffer.getvalue()


SOG_LEVELS = ExportKind(
    "sog-lod",
    "SOG in levels of detail (ZIP): to stream from a web server",
    KindGroup.SPLATS,
    "_lod.zip",
    _write,
    BUDGET,
    usual_bytes=round(1.35 * 5.1 * USUAL_GAUSSIANS),
    usual_seconds=90.0,
)

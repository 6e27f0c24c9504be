"""Kinds `mpo` and `jps`: stereo pairs in JPEG files that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import METADATA, STEREO, ExportKind, KindGroup

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene


def _write_mpo(file: BinaryIO, scene: ExportScene) -> None:
    from pipeline.exports.kinds.images import jpeg_bytes
    from sharp_core.spatial.jpeg_stereo import mpo_of

    eyes = scene.eyes.shifted(scene.stereo.behind_px)
    left, right = (jpeg_bytes(scene, eye) for eye in eyes)
    file.write(mpo_of(left, right, scene.stereo.baseline_m))


def _write_jps(file: BinaryIO, scene: ExportScene) -> None:
    from pipeline.exports.kinds.images import jpeg_bytes
    from sharp_core.spatial.jpeg_stereo import with_jps_marker
    from sharp_core.spatial.layouts import crossed

    both = crossed(*scene.eyes.shifted(scene.stereo.behind_px))
    file.write(with_jps_marker(jpeg_bytes(scene, both)))


MPO = ExportKind(
    "mpo",
    "two JPEGs in one file: 3D cameras and televisions",
    KindGroup.STEREO,
    ".mpo",
    _write_mpo,
    (*STEREO, *METADATA),
)
JPS = ExportKind(
    "jps",
    "a JPEG of both eyes, right one left",
    KindGroup.STEREO,
    ".jps",
    _write_jps,
    (*STEREO, *METADATA),
)

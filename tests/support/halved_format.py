"""A splat format that quantises: Gaussians as 16-bit floats. Known only where it is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt

from schemas.registry import Lazy
from sharp_core.formats.entry import Preparation, SplatFormat
from sharp_core.formats.scene import SceneInfo, StoredScene

if TYPE_CHECKING:
    from sharp_core.scene.gaussians import Gaussians

Halves = npt.NDArray[np.float16]


def prepare(gaussians: Gaussians, info: SceneInfo | None, options: object | None) -> Halves:
    return gaussians.to_array().astype(np.float16)


def write_prepared(
    file: BinaryIO, halves: Halves, info: SceneInfo | None, options: object | None
) -> None:
    file.write(halves.tobytes())


def write(file: BinaryIO, gaussians: Gaussians, info: SceneInfo | None = None) -> None:
    write_prepared(file, prepare(gaussians, info, None), info, None)


def read(file: BinaryIO) -> StoredScene:
    from sharp_core.scene.gaussians import Gaussians

    halves = np.frombuffer(file.read(), np.float16).reshape(-1, 14)
    return StoredScene(Gaussians.from_array(halves.astype(np.float32)), None, 0)


HALVED = SplatFormat(
    name="halved",
    label="16-bit floats",
    suffixes=(".halved",),
    read=Lazy(__name__, "read"),
    write=Lazy(__name__, "write"),
    bytes_per_gaussian=28,
    is_storable=True,
    preparation=Preparation(
        prepare=Lazy(__name__, "prepare"),
        write=Lazy(__name__, "write_prepared"),
        bytes_per_gaussian=28,
    ),
)

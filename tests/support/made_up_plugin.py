"""Another package that adds a model, a splat format and export kinds, as its entry points say.

`install` makes such a package of this file, in a folder that goes to PYTHONPATH.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import ExportKind
from schemas.errors import MissingToolError
from schemas.registry import Lazy
from sharp_core.formats.entry import SplatFormat
from sharp_core.models.entry import ModelEntry

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene
    from sharp_core.formats.scene import SceneInfo, StoredScene
    from sharp_core.scene.gaussians import Gaussians

NAME = "made_up_plugin_package"
_POINTS = f"""
[sharp_batch.models]
guess = {NAME}:GUESS
absent = {NAME}_that_is_not_there:MODEL
[sharp_batch.formats]
rows = {NAME}:ROWS
[sharp_batch.exports]
counts = {NAME}:KINDS
"""


def install(folder: Path) -> None:
    """Put the package into a folder as an installer would."""
    shutil.copy(__file__, folder / f"{NAME}.py")
    info = folder / "made_up_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_POINTS)


GUESS = ModelEntry(
    name="guess",
    label="a wall three metres away",
    rank=20,
    load=Lazy(NAME, "load"),
    fingerprint="guess-1",
    gaussians=64,
    cpu_seconds=0.5,
)


def load(*_: object) -> object:
    import torch

    from tests.support.trivial_model import TrivialPredictor

    class Guess(TrivialPredictor):
        name = GUESS.name
        fingerprint = GUESS.fingerprint
        device = torch.device("cpu")

    return Guess(0.0, None)


def write_rows(file: BinaryIO, gaussians: Gaussians, info: SceneInfo | None = None) -> None:
    camera = [info.focal_px, info.width, info.height, info.photo_id] if info else None
    rows = gaussians.to_array().tolist()
    file.write(json.dumps({"camera": camera, "rows": rows}).encode())


def read_rows(file: BinaryIO) -> StoredScene:
    import numpy as np

    from sharp_core.formats.scene import SceneInfo, StoredScene
    from sharp_core.scene.gaussians import Gaussians

    content = json.load(file)
    camera = content["camera"]
    gaussians = Gaussians.from_array(np.array(content["rows"], dtype=np.float32))
    return StoredScene(gaussians, SceneInfo(*camera) if camera else None, 0)


ROWS = SplatFormat(
    name="rows",
    label="ROWS, for people who read numbers",
    suffixes=(".rows",),
    read=Lazy(NAME, "read_rows"),
    write=Lazy(NAME, "write_rows"),
    bytes_per_gaussian=200.0,
    is_storable=True,
)


def _write_count(file: BinaryIO, scene: ExportScene) -> None:
    file.write(str(len(scene.gaussians)).encode())


def _lacks_a_crystal_ball() -> None:
    raise MissingToolError("there is no crystal ball", "Buy one.")


KINDS = (
    ExportKind("count", "how many Gaussians", "Numbers", "_count.txt", _write_count),
    ExportKind(
        "fortune", "the future", "Numbers", "_fortune.txt", _write_count, (), _lacks_a_crystal_ball
    ),
)

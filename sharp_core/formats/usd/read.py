"""Read the Gaussians of a USD file of any kind: .usdz, .usdc, .usda or .usd.

`extract` reads the file in a process of its own, whose memory and time are limited. All fields of
the stage are read, each turned, moved and scaled as the stage says. Harmonics above degree 0 are
dropped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import torch

from schemas.errors import FormatError, MissingToolError
from sharp_core.formats.limits import check_plausible
from sharp_core.formats.scene import SceneInfo, StoredScene, scene_info_from_entries, valid_scene
from sharp_core.formats.usd import layout
from sharp_core.formats.usd.extract import NO_TOOL, REFUSED
from sharp_core.formats.usd.tools import check_usd_core
from sharp_core.formats.values import SMALLEST_SCALE, sh0_to_colors, unit_quats
from sharp_core.scene.affine import transformed
from sharp_core.scene.axes import Axes, from_axes
from sharp_core.scene.gaussians import Gaussians, joined

_PROGRAM = "sharp_core.formats.usd.extract"
# A scene of 1.2 million Gaussians takes two seconds.
_SECONDS = 180.0
_USD = (".usdc", ".usda")  # what the suffix .usd stands for
_SUFFIXES = {
    layout.CRATE_MAGIC: ".usdc",
    layout.TEXT_MAGIC: ".usda",
    layout.PACKAGE_MAGIC: ".usdz",
}


def read_usd(file: BinaryIO) -> StoredScene:
    """Read a scene from an open file, which must hold all its layers.

    Raises FormatError if it is damaged, and MissingToolError without usd-core.
    """
    content = file.read()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"scene{_suffix(content[:16])}")
        path.write_bytes(content)
        return _read(path)


def read_usd_path(path: Path) -> StoredScene:
    """Read a scene whose layers may be beside it.

    Raises FormatError, OSError, and MissingToolError without usd-core.
    """
    with path.open("rb") as file:
        suffix = _suffix(file.read(16))
    named = path.suffix.lower()
    if suffix not in (_USD if named == ".usd" else (named,)):
        raise FormatError(f"its content is that of a {suffix}: give it that name")
    return _read(path.absolute())


def _suffix(head: bytes) -> str:
    found = next((suffix for magic, suffix in _SUFFIXES.items() if head.startswith(magic)), None)
    if found is None:
        raise FormatError("it is no USD file")
    return found


def _read(path: Path) -> StoredScene:
    check_usd_core()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "arrays.npz")
        _run_extract(path, target, folder)
        try:
            with np.load(target, allow_pickle=False) as arrays:
                facts = json.loads(bytes(arrays["facts"]))
                return _scene(facts, arrays)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise FormatError(f"its Gaussians could not be taken over: {error}") from None


def _run_extract(path: Path, target: Path, folder: str) -> None:
    """Run `extract` on a file. Raises FormatError and MissingToolError as it does."""
    root = str(Path(__file__).parents[3])
    python_path = os.pathsep.join((root, os.environ.get("PYTHONPATH", "")))
    try:
        result = subprocess.run(
            [sys.executable, "-m", _PROGRAM, str(path), str(target)],
            cwd=folder,  # a name without a folder must not find a file of the caller
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            # More threads are not faster here, and each takes addresses of the limit.
            env={**os.environ, "PYTHONPATH": python_path, "PXR_WORK_THREAD_LIMIT": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FormatError(f"USD has not read it within {_SECONDS:.0f} s") from None
    if result.returncode == 0:
        return
    if result.returncode in (REFUSED, NO_TOOL):
        problem = FormatError if result.returncode == REFUSED else MissingToolError
        raise problem(*json.loads(result.stdout.splitlines()[-1]))
    raise FormatError(f"it is damaged: USD's library ended with {result.returncode} on it")


def _scene(facts: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> StoredScene:
    fields = facts["fields"]
    parts = [_gaussians(field, number, arrays) for number, field in enumerate(fields)]
    check_plausible(sum(len(part) for part in parts), sum(a.nbytes for a in arrays.values()))
    gaussians = joined([part for part in parts if len(part)])
    notes, degree = tuple(facts["notes"]), max(field["sh_degree"] for field in fields)
    photo = facts["photo"]
    try:
        info = None if photo is None else _info(photo)
    except FormatError as error:
        info, notes = None, (*notes, f"what it says of its photo is left out: {error}")
    if info is None and not facts["is_ours"]:
        return valid_scene(gaussians, None, degree, notes)
    if info is not None:
        gaussians = transformed(gaussians, np.linalg.inv(_matrix(photo)).astype(np.float64))
    gaussians = from_axes(gaussians, Axes(layout.AXES))
    return valid_scene(gaussians, info, degree, notes)._replace(axes=layout.AXES)


def _gaussians(
    field: dict[str, Any], number: int, arrays: Mapping[str, npt.NDArray[Any]]
) -> Gaussians:
    def values(name: str) -> torch.Tensor:
        return torch.from_numpy(arrays[f"{name}_{number}"])

    scales = values("scales").abs()  # only their squares count
    local = Gaussians(
        means=values("positions"),
        quats=unit_quats(values("orientations").roll(1, dims=1)),  # from x y z w
        scales=torch.where(scales == 0, SMALLEST_SCALE, scales),
        opacities=values("opacities")[:, 0],
        colors=sh0_to_colors(values("sh0"), linear=field["is_linear"]),
    )
    return transformed(local, _matrix(field))


def _matrix(facts: dict[str, Any]) -> npt.NDArray[np.float64]:
    return np.array(facts["matrix"], np.float64)


def _info(photo: dict[str, Any]) -> SceneInfo:
    if not abs(np.linalg.det(_matrix(photo)[:3, :3])) > 0:
        raise FormatError("its camera has no size")
    return scene_info_from_entries(photo, photo.get("photo_id"), photo.get("generator"))

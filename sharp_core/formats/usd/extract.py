"""A program of its own: a USD file -> the arrays of its Gaussians, for `read`.

    python -m sharp_core.formats.usd.extract FILE TARGET.npz

USD's library is native code, and a damaged file can end its process: here that is this one. The
target holds a JSON of `facts` and, for each field of Gaussians, `positions_0` and so on in float32.
Where the file cannot be read, the last line of stdout is a JSON of the error's arguments, and the
exit code is `REFUSED`, or `NO_TOOL` where that is not the file's fault.
This module does not import torch.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.errors import FormatError, MissingToolError
from sharp_core.formats.limits import check_plausible
from sharp_core.formats.usd import layout
from sharp_core.formats.usd.tools import UsdObject, load_usd

REFUSED, NO_TOOL = 3, 4  # exit codes
_MOST_PRIMS = 100_000
_MOST_LAYERS = 1000
_MEMORY = 3 << 29  # bytes of addresses: the library itself takes half a gigabyte
_MEMORY_PER_BYTE = 24  # of the file

Floats = npt.NDArray[np.float32]
Arrays = dict[str, npt.NDArray[Any]]


def main(source: Path, target: Path) -> int:
    """Write the arrays of `source` to `target`. Return the exit code."""
    try:
        limit_memory(source.stat().st_size)
        facts, arrays = extract(source)
    except MissingToolError as error:
        print(json.dumps(error.args))  # noqa: T201 - what the caller reads
        return NO_TOOL
    except FormatError as error:
        print(json.dumps(error.args))  # noqa: T201
        return REFUSED
    except MemoryError:
        print(json.dumps(["it needs far more memory than its size explains"]))  # noqa: T201
        return REFUSED
    text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(target, allow_pickle=False, **{"facts": text, **arrays})
    return 0


def limit_memory(file_bytes: int) -> None:
    """Limit the memory of this process, on systems that can."""
    if sys.platform == "win32":
        return
    import resource

    limit = _MEMORY + _MEMORY_PER_BYTE * file_bytes
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def extract(source: Path) -> tuple[dict[str, Any], Arrays]:
    """Return facts and arrays of a file. Raises FormatError, MissingToolError, MemoryError."""
    usd = load_usd()
    try:
        layer = usd.Sdf.Layer.FindOrOpen(str(source))
    except Exception:  # the library raises a class of its own, and others
        layer = None
    if layer is None:
        raise FormatError("it is damaged, or is no USD file")
    try:
        _check_layers(usd, layer, source)
        stage = usd.Usd.Stage.Open(layer)
        return _of_stage(usd, stage, source.stat().st_size)
    except (FormatError, MemoryError):
        raise
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FormatError(f"USD cannot read it: {first[:200]}") from None


def _check_layers(usd: SimpleNamespace, root: UsdObject, source: Path) -> None:
    """Raise FormatError where a layer outside the folder of the file would be read."""
    from pxr import Ar

    folder = source.resolve().parent
    waiting, seen = [root], {root.identifier}
    while waiting:
        layer = waiting.pop()
        for name in layer.GetCompositionAssetDependencies():
            found = layer.ComputeAbsolutePath(name)
            outer = found
            while Ar.IsPackageRelativePath(outer):
                outer = Ar.SplitPackageRelativePathOuter(outer)[0]
            if not Path(folder, outer).resolve().is_relative_to(folder):
                raise FormatError(f"it refers to {ascii(name)[:80]}, outside its folder")
            if found in seen:
                continue
            seen.add(found)
            if len(seen) > _MOST_LAYERS:
                raise FormatError(f"it has more than {_MOST_LAYERS} layers")
            with contextlib.suppress(Exception):  # a missing layer is a hole, and no error
                inner = usd.Sdf.Layer.FindOrOpen(found)
                if inner is not None:
                    waiting.append(inner)


def _of_stage(
    usd: SimpleNamespace, stage: UsdObject, file_bytes: int
) -> tuple[dict[str, Any], Arrays]:
    to_ours = _stage_matrix(usd, stage)
    time = usd.Usd.TimeCode.EarliestTime()
    placed = usd.UsdGeom.XformCache(time)
    notes: list[str] = []
    if not usd.UsdGeom.StageHasAuthoredMetersPerUnit(stage):
        notes.append("it does not state its unit; it is read as metres")
    fields: list[dict[str, Any]] = []
    arrays: Arrays = {}
    kinds: set[str] = set()
    photo = None
    total = hidden = 0
    prims = usd.Usd.PrimRange(stage.GetPseudoRoot(), usd.Usd.TraverseInstanceProxies())
    for number, prim in enumerate(prims):
        if number >= _MOST_PRIMS:
            raise FormatError(f"it has more than {_MOST_PRIMS} prims")
        if prim.GetTypeName():
            kinds.add(prim.GetTypeName())
        if prim.IsA(usd.UsdGeom.Camera) and photo is None:
            photo = _photo(prim)
            if photo is not None:
                photo["matrix"] = _matrix(to_ours, placed, prim)
        if not prim.IsA(usd.UsdVol.ParticleField):
            continue
        if usd.UsdGeom.Imageable(prim).ComputeVisibility(time) == usd.UsdGeom.Tokens.invisible:
            hidden += 1
            continue
        found, facts = _field(usd, prim, time, notes)
        total += len(found["positions"])
        check_plausible(max(total, 1), file_bytes)
        arrays |= {f"{name}_{len(fields)}": values for name, values in found.items()}
        fields.append({**facts, "matrix": _matrix(to_ours, placed, prim)})
    if not fields:
        listed = ", ".join(sorted(kinds)[:6]) or "nothing"
        hidden_too = f", and {hidden} hidden ones" if hidden else ""
        raise FormatError(
            f"it has no Gaussians (ParticleField3DGaussianSplat); it has {listed}{hidden_too}"
        )
    if hidden:
        notes.append(f"{hidden} hidden fields of Gaussians are left out")
    facts = {"fields": fields, "photo": photo, "notes": list(dict.fromkeys(notes))}
    stated = stage.GetRootLayer().customLayerData.get(layout.CUSTOM_DATA)
    facts["is_ours"] = isinstance(stated, dict) and stated.get("axes") == layout.AXES
    return facts, arrays


def _stage_matrix(usd: SimpleNamespace, stage: UsdObject) -> npt.NDArray[np.float64]:
    """Return the (4, 4) matrix from the stage to metres with y up."""
    matrix = np.eye(4)
    if usd.UsdGeom.GetStageUpAxis(stage) == usd.UsdGeom.Tokens.z:
        matrix[:3, :3] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    if usd.UsdGeom.StageHasAuthoredMetersPerUnit(stage):
        unit = float(usd.UsdGeom.GetStageMetersPerUnit(stage))
        if not 0 < unit < 1e9:
            raise FormatError(f"its unit is {unit:.3g} metres")
        matrix[:3] *= unit
    return matrix


def _matrix(
    to_ours: npt.NDArray[np.float64], placed: UsdObject, prim: UsdObject
) -> list[list[float]]:
    to_world = np.array(placed.GetLocalToWorldTransform(prim)).T  # USD multiplies from the left
    matrix = to_ours @ to_world
    if not np.isfinite(matrix).all():
        raise FormatError(f"the transform of {str(prim.GetPath())[:80]} is not finite")
    found: list[list[float]] = matrix.tolist()
    return found


def _photo(prim: UsdObject) -> dict[str, Any] | None:
    """Return what the camera of a photo says of it; None for cameras of other programs."""
    data = prim.GetCustomDataByKey(layout.CUSTOM_DATA)
    if not isinstance(data, dict):
        return None
    plain = (str, int, float, bool)
    return {key: value for key, value in data.items() if isinstance(value, plain)}


def _field(
    usd: SimpleNamespace, prim: UsdObject, time: UsdObject, notes: list[str]
) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Return the arrays of one field, and its facts."""

    def numbers(name: str, width: int) -> Floats | None:
        for stored in (name, f"{name}h"):  # float before half
            value = prim.GetAttribute(stored).Get(time) if prim.HasAttribute(stored) else None
            if value is not None and len(value):
                return np.array(value, np.float32).reshape(-1, width)
        return None

    def of_each(name: str, width: int, default: tuple[float, ...]) -> Floats:
        found = numbers(name, width)
        if found is None or len(found) < count:
            if found is not None:
                notes.append(f"its {name} are too few, and are ignored")
            return np.tile(np.array(default, np.float32), (count, 1))
        return found[:count]

    positions = numbers("positions", 3)
    if positions is None:
        positions = np.empty((0, 3), np.float32)
    count = len(positions)
    degree = prim.GetAttribute("radiance:sphericalHarmonicsDegree").Get(time)
    width = (int(degree) + 1) ** 2 if isinstance(degree, int) and 0 <= degree < 10 else 1
    harmonics = numbers("radiance:sphericalHarmonicsCoefficients", 3)
    if harmonics is not None and len(harmonics) == count:
        width = 1  # whatever the degree says
    if harmonics is None or len(harmonics) < count * width:
        notes.append("some of its colours are missing: they are grey")
        sh0, width = np.zeros((count, 3), np.float32), 1
    else:
        sh0 = harmonics[: count * width : width]
    is_flat = any(
        prim.HasAPI(getattr(usd.UsdVol, f"ParticleFieldKernel{kind}SurfletAPI"))
        for kind in ("Gaussian", "Constant")
    )
    if is_flat:
        notes.append("its Gaussians are flat (2D Gaussian Splatting)")
    found = {
        "positions": positions,
        "orientations": of_each("orientations", 4, (0, 0, 0, 1)),
        "scales": of_each("scales", 3, (1, 1, 1)),
        "opacities": of_each("opacities", 1, (1,)),
        "sh0": sh0,
    }
    if is_flat:
        found["scales"] = found["scales"] * np.array([1, 1, 0], np.float32)
    facts = {"is_linear": _is_linear(prim), "sh_degree": round(width**0.5) - 1}
    return found, facts


def _is_linear(prim: UsdObject) -> bool:
    """Tell whether the colours of a prim are linear, as it or the nearest of its parents says."""
    while prim and not prim.IsPseudoRoot():
        name = prim.GetAttribute("colorSpace:name")
        value = name.Get() if name else None
        if value:
            return str(value).startswith(layout.LINEAR_PREFIX)
        prim = prim.GetParent()
    return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

"""Write Gaussians as USD: one binary layer, or a USDZ package of it. Nothing is quantised.

The stage has the photo's camera too. Colours are declared as sRGB, as in all formats.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import numpy as np
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.usd import layout
from sharp_core.formats.usd.tools import UsdObject, load_usd
from sharp_core.formats.values import colors_to_sh0, unit_quats
from sharp_core.scene.axes import Axes, from_axes
from sharp_core.scene.gaussians import Gaussians

_SIGMAS = 3.0  # of a Gaussian, within the extent of the scene
_ALIGNMENT = 64  # of the data of a file in a USDZ
_PADDING_ID = 0x1986  # of the field that aligns it, in the ZIP's header
_ZIP_HEADER_BYTES = 30
_LARGEST_LAYER = (1 << 32) - 1
_EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)


def write_usdc(file: BinaryIO, gaussians: Gaussians, info: SceneInfo | None = None) -> None:
    """Write a scene as one layer.

    Raises ValueError, naming the field, if the Gaussians are not valid, and MissingToolError
    without usd-core.
    """
    with tempfile.TemporaryDirectory() as folder:
        file.write(_layer(Path(folder), gaussians, info).read_bytes())


def write_usdz(file: BinaryIO, gaussians: Gaussians, info: SceneInfo | None = None) -> None:
    """Write a scene as a package.

    Raises ValueError, naming the field, if the Gaussians are not valid, MissingToolError without
    usd-core, and FormatError if they are more than a package holds.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = _layer(Path(folder), gaussians, info)
        if path.stat().st_size > _LARGEST_LAYER:
            raise FormatError("a USDZ holds at most 4 GiB; a .usdc has no such limit")
        # Always the same date, so that equal scenes give equal bytes.
        entry = zipfile.ZipInfo(layout.LAYER_NAME, _EARLIEST_DATE)
        start = _ZIP_HEADER_BYTES + len(entry.filename) + 4
        padding = -start % _ALIGNMENT
        entry.extra = struct.pack("<HH", _PADDING_ID, padding) + bytes(padding)
        entry.file_size = path.stat().st_size
        with (
            zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=False) as archive,
            path.open("rb") as layer,
            archive.open(entry, "w") as target,
        ):
            shutil.copyfileobj(layer, target)


def _layer(folder: Path, gaussians: Gaussians, info: SceneInfo | None) -> Path:
    """Return the path of a layer, written into a folder."""
    gaussians = gaussians.to("cpu")
    gaussians.check()
    usd = load_usd()
    path = folder / layout.LAYER_NAME
    stage = usd.Usd.Stage.CreateNew(str(path))
    usd.UsdGeom.SetStageUpAxis(stage, usd.UsdGeom.Tokens.y)
    usd.UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetDefaultPrim(usd.UsdGeom.Xform.Define(stage, layout.ROOT).GetPrim())
    # The axes RUB and ours differ by half a turn, which is its own inverse.
    _define_field(usd, stage, from_axes(gaussians, Axes(layout.AXES)))
    if info is not None:
        _define_camera(usd, stage, info)
    stage.GetRootLayer().customLayerData = {layout.CUSTOM_DATA: {"axes": layout.AXES}}
    stage.GetRootLayer().Save()
    return path


def _define_field(usd: SimpleNamespace, stage: UsdObject, gaussians: Gaussians) -> None:
    arrays = usd.Vt
    field = usd.UsdVol.ParticleField3DGaussianSplat.Define(stage, layout.FIELD)
    field.CreatePositionsAttr(arrays.Vec3fArray.FromNumpy(_floats(gaussians.means)))
    quats = unit_quats(gaussians.quats).roll(-1, dims=1)  # x y z w, as they lie in memory
    field.CreateOrientationsAttr(arrays.QuatfArray.FromNumpy(_floats(quats)))
    field.CreateScalesAttr(arrays.Vec3fArray.FromNumpy(_floats(gaussians.scales)))
    field.CreateOpacitiesAttr(arrays.FloatArray.FromNumpy(_floats(gaussians.opacities)))
    field.CreateRadianceSphericalHarmonicsDegreeAttr(0)
    sh0 = arrays.Vec3fArray.FromNumpy(_floats(colors_to_sh0(gaussians.colors)))
    field.CreateRadianceSphericalHarmonicsCoefficientsAttr(sh0).SetMetadata("elementSize", 1)
    field.CreateProjectionModeHintAttr("perspective")
    field.CreateSortingModeHintAttr("zDepth")
    reach = _SIGMAS * gaussians.scales.amax(dim=1, keepdim=True)
    least = (gaussians.means - reach).amin(dim=0)
    greatest = (gaussians.means + reach).amax(dim=0)
    extent = np.stack((_floats(least), _floats(greatest)))
    field.CreateExtentAttr(arrays.Vec3fArray.FromNumpy(extent))
    color_space = usd.Usd.ColorSpaceAPI.Apply(field.GetPrim())
    color_space.CreateColorSpaceNameAttr(layout.SRGB)


def _floats(values: Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.numpy(), dtype=np.float32)


def _define_camera(usd: SimpleNamespace, stage: UsdObject, info: SceneInfo) -> None:
    """Define the photo's camera, with the numbers that an aperture does not keep."""
    camera = usd.UsdGeom.Camera.Define(stage, layout.CAMERA)
    camera.CreateFocalLengthAttr(layout.FILM_WIDTH * info.focal_px / info.width)
    camera.CreateHorizontalApertureAttr(layout.FILM_WIDTH)
    camera.CreateVerticalApertureAttr(layout.FILM_WIDTH * info.height / info.width)
    camera.CreateClippingRangeAttr(usd.Gf.Vec2f(0.01, 1e5))
    photo: dict[str, object] = {
        "focal_px": float(info.focal_px),
        "width": info.width,
        "height": info.height,
        "photo_id": info.photo_id,
        "generator": info.generator,
        "is_360": info.is_360,
    }
    for key, value in photo.items():
        if value:
            camera.GetPrim().SetCustomDataByKey(f"{layout.CUSTOM_DATA}:{key}", value)

"""The entry of the format glTF: Gaussians by the extension KHR_gaussian_splatting."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.formats.entry import SplatFormat

GLB = SplatFormat(
    name="glb",
    label="glTF with KHR_gaussian_splatting, for 3D engines and maps",
    suffixes=(".glb",),
    read_suffixes=(".gltf",),
    read=Lazy("sharp_core.formats.glb.read", "read_glb"),
    read_path=Lazy("sharp_core.formats.glb.read", "read_gltf_path"),
    write=Lazy("sharp_core.formats.glb.write", "write_glb"),
    bytes_per_gaussian=60.0,
    # A glTF looks along -z from its camera. Other tools turn a PLY about z, so that y points up.
    assumed_axes=("RUB", "LUF"),
)

"""Write Gaussians as the plain PLY of 3D Gaussian Splatting, which every tool reads.

Binary little-endian: `vertex` with x y z, f_dc_0..2 (sRGB), opacity (logit), scale_0..2 (natural
log of metres), rot_0..3 (w x y z), all float32. Intrinsics and size of the photo are in comments.
On request they are also in the further elements that the published SHARP tool writes and reads;
many other readers refuse files that have them.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import torch

from sharp_core.formats.ply.options import PlyOptions
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.values import colors_to_sh0, opacities_to_logits, scales_to_log
from sharp_core.scene.conventions import COLUMNS
from sharp_core.scene.gaussians import Gaussians

VERTEX_PROPERTIES = (
    *("x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"),
    *("scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"),
)

PHOTO_COMMENT = "photo"  # focal_px N width N height N

# Rows per block: 3.7 MB, which stays in the cache.
_BLOCK_ROWS = 1 << 16


def write_ply(
    file: BinaryIO,
    gaussians: Gaussians,
    info: SceneInfo | None = None,
    options: PlyOptions | None = None,
) -> None:
    """Write a scene. Raises ValueError, naming the field, if the Gaussians are not valid."""
    gaussians = gaussians.to("cpu")
    gaussians.check()
    with_elements = options is not None and options.metadata_elements
    extras = _info_elements(gaussians, info) if info is not None and with_elements else []
    header = ["ply", "format binary_little_endian 1.0"]
    if info is not None:
        header += [f"comment {line}" for line in _comments(info)]
    header.append(f"element vertex {len(gaussians)}")
    header += [f"property float {name}" for name in VERTEX_PROPERTIES]
    for name, ply_type, values in extras:
        header += [f"element {name} {len(values)}", f"property {ply_type} {name}"]
    header.append("end_header\n")

    file.write("\n".join(header).encode())
    _write_vertices(file, gaussians)
    for _, _, values in extras:
        file.write(values.tobytes())


def _comments(info: SceneInfo) -> list[str]:
    size = f"width {info.width} height {info.height}"
    lines = [f"{PHOTO_COMMENT} focal_px {info.focal_px!r} {size}"]
    if info.generator:
        lines.append(f"generator {_one_line(info.generator)}")
    if info.photo_id:
        lines.append(f"photo_id {_one_line(info.photo_id)}")
    return lines


def _write_vertices(file: BinaryIO, gaussians: Gaussians) -> None:
    block = torch.empty(_BLOCK_ROWS, COLUMNS)
    for start in range(0, len(gaussians), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        means = gaussians.means[rows]
        filled = block[: len(means)]
        filled[:, 0:3] = means
        filled[:, 3:6] = colors_to_sh0(gaussians.colors[rows])
        filled[:, 6] = opacities_to_logits(gaussians.opacities[rows])
        filled[:, 7:10] = scales_to_log(gaussians.scales[rows])
        filled[:, 10:14] = gaussians.quats[rows]
        file.write(filled.numpy().astype("<f4", copy=False).data)


def _info_elements(gaussians: Gaussians, info: SceneInfo) -> list[tuple[str, str, np.ndarray]]:
    """Return name, PLY type and values of the elements that the published tool adds."""
    focal, width, height = info.focal_px, info.width, info.height
    intrinsic = [focal, 0, width / 2, 0, focal, height / 2, 0, 0, 1]
    return [
        ("extrinsic", "float", np.eye(4, dtype="<f4").ravel()),
        ("intrinsic", "float", np.array(intrinsic, dtype="<f4")),
        ("image_size", "uint", np.array([width, height], dtype="<u4")),
        ("frame", "int", np.array([1, len(gaussians)], dtype="<i4")),
        ("disparity", "float", _disparity_quantiles(gaussians).astype("<f4")),
        ("color_space", "uchar", np.array([0], dtype="u1")),
        ("version", "uchar", np.array([1, 5, 0], dtype="u1")),
    ]


def _disparity_quantiles(gaussians: Gaussians) -> np.ndarray:
    """Return the 0.1 and 0.9 quantiles of 1 / z over the Gaussians in front of the camera."""
    z = gaussians.means[:, 2].numpy()
    z = z[z > 0]
    return np.quantile(1 / z, (0.1, 0.9)) if z.size else np.zeros(2)


def _one_line(text: str) -> str:
    return " ".join(text.split())

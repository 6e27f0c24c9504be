from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from plyfile import PlyData, PlyElement

from schemas.errors import FormatError
from sharp_core.formats.ply.write import VERTEX_PROPERTIES
from sharp_core.scene.colors import srgb_to_linear
from sharp_core.scene.gaussians import Gaussians, depth_quantiles
from tests.support.clouds import INFO, cloud, read, written

SH_C0 = 0.28209479177387814


def rows(scene: Gaussians, names: tuple[str, ...], dtype: str = "<f4") -> np.ndarray:
    """Return the vertices of a scene with properties in some order, unknown ones zero."""
    content = PlyData.read(io.BytesIO(written(scene, "ply")))["vertex"].data
    table = np.zeros(len(scene), [(name, dtype) for name in names])
    for name in set(names) & set(VERTEX_PROPERTIES):
        table[name] = content[name]
    return table


def file_of(table: np.ndarray, **how: object) -> bytes:
    file = io.BytesIO()
    PlyData([PlyElement.describe(table, "vertex")], **how).write(file)
    return file.getvalue()


def same(first: Gaussians, second: Gaussians, tolerance: float = 1e-6) -> None:
    for field in ("means", "quats", "scales", "opacities", "colors"):
        torch.testing.assert_close(
            getattr(first, field), getattr(second, field), rtol=1e-4, atol=tolerance
        )


def test_plyfile_reads_the_published_layout() -> None:
    scene = cloud()
    ply = PlyData.read(io.BytesIO(written(scene, "ply", INFO)))
    assert [element.name for element in ply.elements] == (
        "vertex extrinsic intrinsic image_size frame disparity color_space version".split()
    )
    vertex = ply["vertex"]
    assert tuple(p.name for p in vertex.properties) == VERTEX_PROPERTIES
    np.testing.assert_array_equal(vertex["z"], scene.means[:, 2])
    np.testing.assert_allclose(vertex["scale_1"], scene.scales[:, 1].log(), rtol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-vertex["opacity"])), scene.opacities, rtol=1e-5)
    shown = 0.5 + SH_C0 * torch.from_numpy(vertex["f_dc_2"].copy())
    torch.testing.assert_close(srgb_to_linear(shown), scene.colors[:, 2], rtol=1e-4, atol=1e-6)
    assert ply["intrinsic"]["intrinsic"].tolist() == [1234.5, 0, 800, 0, 1234.5, 600, 0, 0, 1]
    assert ply["image_size"]["image_size"].tolist() == [1600, 1200]
    far, near = depth_quantiles(scene, (0.9, 0.1))
    np.testing.assert_allclose(ply["disparity"]["disparity"], [1 / far, 1 / near], rtol=0.01)
    assert ply["version"]["version"].tolist() == [1, 5, 0]


def test_the_plain_layout_has_only_vertices() -> None:
    ply = PlyData.read(io.BytesIO(written(cloud(), "ply")))
    assert [element.name for element in ply.elements] == ["vertex"]


@pytest.mark.parametrize("how", [{"text": True}, {"byte_order": ">"}, {"byte_order": "<"}])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_any_order_type_and_encoding_is_read(how: dict[str, object], dtype: str) -> None:
    scene = cloud(70)
    names = ("nx", *reversed(VERTEX_PROPERTIES), *(f"f_rest_{i}" for i in range(9)))
    stored = read(file_of(rows(scene, names, dtype), **how), "ply")
    same(stored.gaussians, scene)
    assert stored.sh_degree == 1


def test_quaternions_need_no_unit_length() -> None:
    scene = cloud(20)
    longer = Gaussians(scene.means, 7 * scene.quats, scene.scales, scene.opacities, scene.colors)
    same(read(written(longer, "ply"), "ply").gaussians, scene)


def test_linear_colours_are_not_decoded() -> None:
    scene = cloud(20)
    content = written(scene, "ply", INFO)
    at = len(content) - 4  # color_space, then three bytes of version
    linear = read(content[:at] + b"\1" + content[at + 1 :], "ply").gaussians
    torch.testing.assert_close(srgb_to_linear(linear.colors), scene.colors, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"ply\n", b"pli\n", "does not begin"),
        (b"vertex 20", b"vertex 21", "cut short"),
        (b"vertex 20", b"vertex 999999999999", "cut short"),
        (b"vertex 20", b"vertex 0", "no Gaussians"),
        (b"vertex 20", b"vertex -1", "no number of rows"),
        (b"float f_dc_1", b"float f_dc_7", "lack f_dc_1"),
        (b"float f_dc_1", b"float f_dc_0", "twice"),
        (b"float f_dc_1", b"half f_dc_1", "does not know"),
        (b"little_endian 1.0", b"little_endian 2.0", "not one of PLY"),
        (b"end_header", b"end_heade", "does not know|no end"),
    ],
)
def test_invalid_headers_are_refused(old: bytes, new: bytes, message: str) -> None:
    content = written(cloud(20), "ply").replace(old, new, 1)
    with pytest.raises(FormatError, match=message):
        read(content, "ply")


def test_values_that_are_not_finite_are_refused() -> None:
    table = rows(cloud(20), VERTEX_PROPERTIES)
    table["y"][3] = np.nan
    with pytest.raises(FormatError, match="means: 1 of 20"):
        read(file_of(table), "ply")


def test_signalling_nans_are_refused_without_a_warning() -> None:
    content = bytearray(written(cloud(20), "ply", INFO))
    start = content.index(b"end_header\n") + 11 + 20 * 56 + 64
    content[start : start + 4] = b"\x01\x00\xa0\x7f"
    with pytest.raises(FormatError, match="focal length"):
        read(bytes(content), "ply")

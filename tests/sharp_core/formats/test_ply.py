from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from plyfile import PlyData, PlyElement

from schemas.errors import FormatError
from sharp_core.formats.ply.options import PlyOptions
from sharp_core.formats.ply.write import VERTEX_PROPERTIES
from sharp_core.formats.scene import SceneInfo
from sharp_core.scene.colors import srgb_to_linear
from sharp_core.scene.gaussians import Gaussians, depth_quantiles
from tests.support.clouds import INFO, cloud, read, written

SH_C0 = 0.28209479177387814
RGB = ("red", "green", "blue")
PUBLISHED = PlyOptions(metadata_elements=True)


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
    ply = PlyData.read(io.BytesIO(written(scene, "ply", INFO, options=PUBLISHED)))
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


@pytest.mark.parametrize("info", [None, INFO])
def test_the_usual_layout_has_only_vertices(info: SceneInfo | None) -> None:
    content = written(cloud(), "ply", info)
    ply = PlyData.read(io.BytesIO(content))
    assert [element.name for element in ply.elements] == ["vertex"]
    assert read(content, "ply").info == info


def test_the_published_layout_keeps_the_photo_data_too() -> None:
    assert read(written(cloud(), "ply", INFO, options=PUBLISHED), "ply").info == INFO


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
    content = written(scene, "ply", INFO, options=PUBLISHED)
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


@pytest.mark.parametrize(
    ("name", "value"),
    [("y", np.nan), ("scale_1", np.inf), ("f_dc_0", np.inf), ("opacity", np.nan)],
)
def test_a_gaussian_that_is_not_finite_is_left_out_with_a_note(name: str, value: float) -> None:
    scene = cloud(20)
    table = rows(scene, VERTEX_PROPERTIES)
    table[name][3] = value
    stored = read(file_of(table), "ply")
    same(stored.gaussians, scene.select(torch.arange(20) != 3))
    assert stored.dropped == 1
    assert stored.notes == ("1 of 20 Gaussians is not finite or without a rotation: left out",)


def test_a_gaussian_without_a_rotation_is_left_out_and_a_tiny_rotation_counts() -> None:
    scene = cloud(20)
    table = rows(scene, VERTEX_PROPERTIES)
    for name in ("rot_0", "rot_1", "rot_2", "rot_3"):
        table[name][3] = 0
        table[name][4] *= 1e-30
    stored = read(file_of(table), "ply")
    same(stored.gaussians, scene.select(torch.arange(20) != 3))


def test_a_file_of_mostly_invalid_gaussians_is_refused() -> None:
    table = rows(cloud(20), VERTEX_PROPERTIES)
    table["y"][:11] = np.nan
    with pytest.raises(FormatError, match="11 of 20"):
        read(file_of(table), "ply")


def test_photo_data_with_signalling_nans_are_left_out_without_a_warning() -> None:
    scene = cloud(20)
    content = written(scene, "ply", INFO, options=PUBLISHED)
    # Without its comment only the elements are left: four by four, then the focal length.
    content = content.replace(b"comment photo ", b"comment other ")
    start = content.index(b"end_header\n") + 11 + 20 * 56 + 64
    stored = read(content[:start] + b"\x01\x00\xa0\x7f" + content[start + 4 :], "ply")
    same(stored.gaussians, scene)
    assert stored.info is None
    assert "focal length" in stored.notes[0]


def test_rows_beyond_those_that_the_header_says_are_noted() -> None:
    scene = cloud(20)
    shorter = written(scene, "ply").replace(b"vertex 20", b"vertex 15", 1)
    stored = read(shorter, "ply")
    same(stored.gaussians, scene.select(slice(0, 15)))
    assert stored.notes == ("its header says 15 Gaussians; the 5 after them are left out",)
    odd = read(written(scene, "ply") + b"\n\n", "ply")
    assert "2 bytes" in odd.notes[0]


def test_a_header_may_have_tabs_blanks_and_a_megabyte_of_comments() -> None:
    scene = cloud(20)
    content = written(scene, "ply", INFO)
    content = content.replace(b"element vertex 20", b"element\tvertex  20 ")
    content = content.replace(b"property float x", b"property\t\tfloat  x")
    content = content.replace(b"comment photo", b"comment " + b"x" * 200_000 + b"\ncomment photo")
    stored = read(content, "ply")
    same(stored.gaussians, scene)
    assert stored.info == INFO
    with pytest.raises(FormatError, match="longer than"):
        read(content.replace(b"x" * 200_000, b"x" * 2_000_000), "ply")


@pytest.mark.parametrize("how", [{"text": True}, {"byte_order": ">"}, {"byte_order": "<"}])
def test_lists_before_and_after_the_vertices_are_skipped(how: dict[str, object]) -> None:
    scene = cloud(20)
    faces = np.empty(3, [("vertex_indices", object), ("quality", "f4")])
    faces["vertex_indices"] = [np.arange(n, dtype="i4") for n in (3, 0, 4)]
    around = PlyElement.describe(faces, "face", val_types={"vertex_indices": "i4"})
    table = PlyElement.describe(rows(scene, VERTEX_PROPERTIES), "vertex")
    for elements in ([around, table], [table, around]):
        file = io.BytesIO()
        PlyData(elements, **how).write(file)
        stored = read(file.getvalue(), "ply")
        same(stored.gaussians, scene)
        assert stored.notes == ()


def test_a_list_that_is_cut_short_is_refused() -> None:
    faces = np.empty(1, [("vertex_indices", object)])
    faces["vertex_indices"] = [np.arange(3, dtype="i4")]
    around = PlyElement.describe(faces, "face", val_types={"vertex_indices": "i4"})
    file = io.BytesIO()
    PlyData([around, PlyElement.describe(rows(cloud(2), VERTEX_PROPERTIES), "vertex")]).write(file)
    start = file.getvalue().index(b"end_header\n") + 11
    with pytest.raises(FormatError, match="cut short"):
        read(file.getvalue()[:start] + b"\xff" + file.getvalue()[start + 1 :], "ply")


def test_colours_are_read_from_red_green_blue_where_there_are_no_others() -> None:
    scene = cloud(20)
    table = rows(scene, VERTEX_PROPERTIES)
    kept = [name for name in VERTEX_PROPERTIES if not name.startswith("f_dc")]
    bytes_ = np.zeros(20, [*((name, "<f4") for name in kept), *((n, "u1") for n in RGB)])
    for name in kept:
        bytes_[name] = table[name]
    bytes_["red"], bytes_["blue"] = 255, 128
    colors = read(file_of(bytes_), "ply").gaussians.colors
    expected = srgb_to_linear(torch.tensor([1.0, 0.0, 128 / 255])).expand(20, 3)
    torch.testing.assert_close(colors, expected)


def test_flat_gaussians_have_no_third_scale() -> None:
    scene = cloud(20)
    table = rows(scene, tuple(n for n in VERTEX_PROPERTIES if n != "scale_2"))
    stored = read(file_of(table), "ply")
    torch.testing.assert_close(stored.gaussians.scales[:, :2], scene.scales[:, :2])
    assert bool((stored.gaussians.scales[:, 2] <= 1e-9).all())
    assert "flat" in stored.notes[0]

from __future__ import annotations

import base64
import copy
import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from schemas.errors import FormatError
from sharp_core.formats.registry import read_scene
from sharp_core.formats.spz.options import SpzOptions
from tests.support.clouds import INFO, cloud, covariances, read, srgb, written

SPLAT = "KHR_gaussian_splatting"
HALF = 0.5**0.5
POSITIONS = [[0.0, 0.0, -1.0], [1.0, 2.0, -3.0]]
ROTATIONS = [[0.0, 0.0, 0.0, 1.0], [HALF, 0.0, 0.0, HALF]]
SCALES = [[1.0, 2.0, 3.0], [0.25, 0.5, 0.0]]
OPACITIES = [1.0, 0.2]
SH0 = [[0.0, 0.0, 0.0], [1.0, -1.0, 0.5]]


class Gltf:
    """A glTF under construction: two Gaussians, unless attributes are replaced."""

    def __init__(self) -> None:
        self.binary = b""
        self.root: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "nodes": [{"mesh": 0}],
            "accessors": [],
            "bufferViews": [],
            "buffers": [{}],
        }
        self.attributes = {
            "POSITION": self.add(POSITIONS),
            f"{SPLAT}:ROTATION": self.add(ROTATIONS),
            f"{SPLAT}:SCALE": self.add(SCALES),
            f"{SPLAT}:OPACITY": self.add(OPACITIES),
            f"{SPLAT}:SH_DEGREE_0_COEF_0": self.add(SH0),
        }
        self.extension: dict[str, Any] = {"kernel": "ellipse", "colorSpace": "srgb_rec709_display"}
        primitive = {"attributes": self.attributes, "mode": 0}
        primitive["extensions"] = {SPLAT: self.extension}
        self.root["meshes"] = [{"primitives": [primitive]}]

    def add(self, rows: Any, kind: int = 5126, dtype: str = "<f4", **more: Any) -> int:
        """Append an accessor, and return its index."""
        values = np.asarray(rows, dtype)
        view = self.add_view(values.tobytes())
        width = values.shape[1] if values.ndim == 2 else 1
        accessor = {"bufferView": view, "componentType": kind, "count": len(values), **more}
        accessor["type"] = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[width]
        self.root["accessors"].append(accessor)
        return len(self.root["accessors"]) - 1

    def add_view(self, content: bytes, **more: int) -> int:
        self.binary += bytes(-len(self.binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(content), **more}
        self.root["bufferViews"].append(view)
        self.binary += content
        return len(self.root["bufferViews"]) - 1

    def glb(self) -> bytes:
        self.root["buffers"][0]["byteLength"] = len(self.binary)
        text, binary = self.text(), self.binary + bytes(-len(self.binary) % 4)
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(binary)
        head = struct.pack("<4sII", b"glTF", 2, size)
        chunks = (
            struct.pack("<I4s", len(c), k) + c for c, k in ((text, b"JSON"), (binary, b"BIN\0"))
        )
        return head + b"".join(chunks)

    def text(self, uri: str | None = None) -> bytes:
        self.root["buffers"][0]["byteLength"] = len(self.binary)
        if uri is not None:
            self.root["buffers"][0]["uri"] = uri
        return json.dumps(self.root).encode()


def test_values_follow_the_extension() -> None:
    stored = read(Gltf().glb(), "glb")
    scene = stored.gaussians
    # x right, y up, z back -> x right, y down, z forward
    torch.testing.assert_close(scene.means, torch.tensor([[0.0, 0, 1], [1, -2, 3]]))
    torch.testing.assert_close(scene.scales, torch.tensor([[1, 2, 3], [0.25, 0.5, 1e-9]]))
    torch.testing.assert_close(scene.opacities, torch.tensor(OPACITIES))
    shown = 0.5 + 0.28209479 * torch.tensor(SH0)
    torch.testing.assert_close(srgb(scene), shown, atol=1e-5, rtol=0)
    variances = covariances(scene).diagonal(dim1=1, dim2=2)
    expected = torch.tensor([[1, 4, 9], [1 / 16, 0, 1 / 4]], dtype=torch.float64)
    torch.testing.assert_close(variances, expected, atol=1e-6, rtol=0)
    assert stored.notes == (
        "its axes are not stated; it is read as RUB, as is usual (--axes sets others)",
    )


def test_the_photo_is_its_camera() -> None:
    content = written(cloud(), "glb", INFO)
    text = json.loads(content[20 : 20 + int.from_bytes(content[12:16], "little")])
    perspective = text["cameras"][0]["perspective"]
    assert perspective["yfov"] == pytest.approx(2 * math.atan(600 / 1234.5))
    assert perspective["aspectRatio"] == pytest.approx(4 / 3)
    stored = read(content, "glb")
    assert (stored.info, stored.axes, stored.notes) == (INFO, "RUB", ())


def test_a_scene_that_was_moved_is_read_from_its_camera() -> None:
    scene, content = cloud(), written(cloud(), "glb", INFO)
    length = int.from_bytes(content[12:16], "little")
    root, rest = json.loads(content[20 : 20 + length]), content[20 + length :]
    turn = {"rotation": [HALF, 0, 0, HALF], "translation": [3, 4, 5], "scale": [2, 2, 2]}
    root["nodes"].append({"children": [0, 1], **turn})
    root["scenes"] = [{"nodes": [2]}]
    text = json.dumps(root).encode()
    head = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text) + len(rest), len(text), b"JSON")
    stored = read(head + text + rest, "glb")
    torch.testing.assert_close(stored.gaussians.means, scene.means, atol=1e-5, rtol=0)
    assert stored.info == INFO


def test_integers_are_read_as_they_are_declared() -> None:
    gltf, name = Gltf(), f"{SPLAT}:"
    quats = np.rint(np.array(ROTATIONS) * 32767)
    gltf.attributes[name + "ROTATION"] = gltf.add(quats, 5122, "<i2", normalized=True)
    gltf.attributes[name + "SCALE"] = gltf.add([[1, 2, 3], [4, 5, 6]], 5121, "u1")
    gltf.attributes[name + "OPACITY"] = gltf.add([65535, 13107], 5123, "<u2", normalized=True)
    scene = read(gltf.glb(), "glb").gaussians
    torch.testing.assert_close(scene.scales, torch.tensor([[1.0, 2, 3], [4, 5, 6]]))
    torch.testing.assert_close(scene.opacities, torch.tensor([1.0, 0.2]))
    reference = read(Gltf().glb(), "glb").gaussians
    torch.testing.assert_close(scene.quats, reference.quats, atol=1e-4, rtol=0)


def test_interleaved_and_sparse_accessors_are_read() -> None:
    gltf = Gltf()
    rows = np.zeros((2, 7), "<f4")
    rows[:, :3], rows[:, 3:6] = POSITIONS, SCALES
    view = gltf.add_view(rows.tobytes(), byteStride=28)
    for semantic, start in (("POSITION", 0), (f"{SPLAT}:SCALE", 12)):
        accessor = gltf.root["accessors"][gltf.attributes[semantic]]
        accessor.update(bufferView=view, byteOffset=start)
    opacity = gltf.root["accessors"][gltf.attributes[f"{SPLAT}:OPACITY"]]
    del opacity["bufferView"]  # zeros, but for what is listed
    indices = {"bufferView": gltf.add_view(b"\1"), "componentType": 5121}
    values = {"bufferView": gltf.add_view(struct.pack("<f", 0.2))}
    opacity["sparse"] = {"count": 1, "indices": indices, "values": values}
    scene = read(gltf.glb(), "glb").gaussians
    torch.testing.assert_close(scene.opacities, torch.tensor([0.0, 0.2]))
    torch.testing.assert_close(scene.means[1], torch.tensor([1.0, -2, 3]))
    torch.testing.assert_close(scene.scales[0], torch.tensor([1.0, 2, 3]))


def test_every_node_places_its_mesh() -> None:
    gltf = Gltf()
    stretched = {"mesh": 0, "matrix": [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, -5, 1]}
    gltf.root["nodes"] = [{"mesh": 0}, {"children": [2], "translation": [1, 0, 0]}, stretched]
    scene = read(gltf.glb(), "glb").gaussians
    assert scene.means.tolist() == [[0, 0, 1], [1, -2, 3], [1, 0, 6], [3, -2, 8]]
    variances = covariances(scene).diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(variances[2], variances[0] * torch.tensor([4.0, 1, 1]))


def test_only_the_default_scene_is_read() -> None:
    gltf = Gltf()
    gltf.root["nodes"].append({"mesh": 0, "translation": [0, 0, -9]})
    gltf.root["scenes"] = [{"nodes": [0]}, {"nodes": [1]}]
    assert read(gltf.glb(), "glb").gaussians.means[0].tolist() == [0, 0, 1]
    gltf.root["scene"] = 1
    assert read(gltf.glb(), "glb").gaussians.means[0].tolist() == [0, 0, 10]


def test_linear_colours_are_read() -> None:
    gltf = Gltf()
    gltf.extension["colorSpace"] = "lin_rec709_display"
    colors = read(gltf.glb(), "glb").gaussians.colors
    torch.testing.assert_close(colors, 0.5 + 0.28209479 * torch.tensor(SH0))


def test_colours_of_drafts_are_read() -> None:
    gltf = Gltf()
    del gltf.attributes[f"{SPLAT}:OPACITY"], gltf.attributes[f"{SPLAT}:SH_DEGREE_0_COEF_0"]
    color = [[255, 0, 51, 255], [51, 102, 0, 102]]
    gltf.attributes["COLOR_0"] = gltf.add(color, 5121, "u1", normalized=True)
    scene = read(gltf.glb(), "glb").gaussians
    torch.testing.assert_close(scene.opacities, torch.tensor([1.0, 0.4]))
    torch.testing.assert_close(srgb(scene)[0], torch.tensor([1.0, 0, 0.2]), atol=1e-5, rtol=0)


def test_what_is_not_known_is_told() -> None:
    gltf = Gltf()
    gltf.extension.update(kernel="box", colorSpace="rec2020")
    gltf.attributes[f"{SPLAT}:SH_DEGREE_2_COEF_0"] = gltf.add(SH0)
    gltf.root["meshes"].append({"primitives": [{"attributes": {"POSITION": 0}}]})
    gltf.root["nodes"].append({"mesh": 1})
    stored = read(gltf.glb(), "glb")
    assert stored.sh_degree == 2
    assert "'box' is not known" in stored.notes[0]
    assert "'rec2020' is not known" in stored.notes[1]
    assert stored.notes[2] == "1 mesh without Gaussians left out"


def test_an_spz_inside_is_read() -> None:
    scene, gltf = cloud(50), Gltf()
    view = gltf.add_view(written(scene, "spz", None, SpzOptions(3)))
    name = "KHR_gaussian_splatting_compression_spz_2"
    gltf.extension["extensions"] = {name: {"bufferView": view}}
    gltf.root["extensionsRequired"] = [SPLAT, name]
    stored = read(gltf.glb(), "glb")
    assert (stored.gaussians.means - scene.means).abs().max() < 1e-4
    assert "draft" in stored.notes[0]


def test_a_gltf_with_its_bytes_inside_is_read() -> None:
    gltf = Gltf()
    data = base64.b64encode(gltf.binary).decode()
    content = gltf.text(f"data:application/octet-stream;base64,{data}")
    assert len(read(content, "glb").gaussians) == 2
    with pytest.raises(FormatError, match="data URI of its buffers is damaged"):
        read(gltf.text("data:;base64,####"), "glb")
    with pytest.raises(FormatError, match="not base64"):
        read(gltf.text("data:text/plain,abc"), "glb")


def test_a_gltf_with_a_file_beside_it_is_read(tmp_path: Path) -> None:
    gltf, path = Gltf(), tmp_path / "a" / "scene.gltf"
    path.parent.mkdir()
    (path.parent / "all numbers.bin").write_bytes(gltf.binary)
    path.write_bytes(gltf.text("all%20numbers.bin"))
    assert len(read_scene(path).gaussians) == 2
    with pytest.raises(FormatError, match="read it from its path"):
        read(path.read_bytes(), "glb")


@pytest.mark.parametrize("uri", ["../secret.bin", "/etc/hostname", "link.bin", "%2e%2e/secret.bin"])
def test_files_elsewhere_are_not_read(tmp_path: Path, uri: str) -> None:
    gltf, path = Gltf(), tmp_path / "a" / "scene.gltf"
    path.parent.mkdir()
    (tmp_path / "secret.bin").write_bytes(gltf.binary)
    (path.parent / "link.bin").symlink_to(tmp_path / "secret.bin")
    path.write_bytes(gltf.text(uri))
    with pytest.raises(FormatError, match="outside its folder"):
        read_scene(path)


@pytest.mark.parametrize("uri", ["none.bin", "http://example.org/a.bin", "a\0b", "x" * 5000, "."])
def test_files_that_are_missing_are_named(tmp_path: Path, uri: str) -> None:
    path = tmp_path / "scene.gltf"
    path.write_bytes(Gltf().text(uri))
    with pytest.raises(FormatError, match="there is no file"):
        read_scene(path)


def changed(**places: Any) -> bytes:
    """Return a GLB with values replaced; a place is a path in its JSON, joined by two bars."""
    gltf = Gltf()
    gltf.root = copy.deepcopy(gltf.root)
    for place, value in places.items():
        owner: Any = gltf.root
        *path, last = [int(key) if key.isdigit() else key for key in place.split("__")]
        for key in path:
            owner = owner[key]
        owner[last] = value
    return gltf.glb()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"glTF", "within its header"),
        (b"[]", "no glTF"),
        (b"{" * 100_000, "JSON is damaged"),
        (Gltf().glb()[:-1], "cut short"),
        (struct.pack("<4sII", b"glTF", 1, 12), "GLB version 1"),
        (struct.pack("<4sII", b"glTF", 2, 12), "no JSON"),
        (changed(asset={"version": "1.0"}), r"glTF version 1\.0"),
        (changed(extensionsRequired=["EXT_meshopt_compression"]), "needs EXT_meshopt_compression"),
        (changed(meshes=[{"primitives": [{"attributes": {}}]}]), "without Gaussians .*: a mesh"),
        (changed(nodes=[]), "without Gaussians .*: empty"),
        (changed(nodes=[{"children": [0]}], scenes=[{"nodes": [0]}]), "its own ancestor"),
        (changed(nodes__0__mesh=7), "no meshes 7"),
        (changed(nodes__0__rotation=[0, 0, 0, 0]), "without direction"),
        (changed(nodes__0__matrix=[1e999] * 16), "no finite number"),
        (changed(accessors__0__count=10**9), "bytes hold"),
        (changed(accessors__1__count=1), "1 rows for 2 Gaussians"),
        (changed(accessors__0__type="MAT4"), "type that Gaussians have not"),
        (changed(accessors__0__type="VEC4"), "4 numbers a row"),
        (changed(accessors__0__componentType=9), "type 9"),
        (changed(accessors__0__byteOffset=20), "too short for its accessor"),
        (changed(bufferViews__0__byteLength=10**6), "ends beyond its buffer"),
        (changed(bufferViews__0__buffer=3), "no buffers 3"),
        (
            changed(meshes__0__primitives__0__attributes={"POSITION": 0}),
            f"no attribute {SPLAT}:SCALE",
        ),
    ],
)
def test_damaged_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read(content, "glb")


def test_a_photo_that_is_not_valid_is_left_out() -> None:
    gltf = Gltf()
    gltf.root["cameras"] = [{"extras": {"sharp_batch": {"focal_px": -1, "width": 3, "height": 2}}}]
    gltf.root["nodes"].append({"camera": 0})
    stored = read(gltf.glb(), "glb")
    assert stored.info is None
    assert stored.notes[0].startswith("what it says of its photo is left out: focal length")

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from schemas.errors import FormatError, MissingToolError, UsageError
from schemas.extras import how_to_install
from sharp_core.formats.registry import format_to_write, formats_written_here, read_scene
from sharp_core.formats.usd import extract, tools
from tests.support.clouds import (
    FORMATS_DATA,
    INFO,
    cloud,
    covariances,
    in_order_of,
    read,
    srgb,
    written,
)

pytest.importorskip("pxr")

HALF = 0.5**0.5
FIELD = """
def ParticleField3DGaussianSplat "F%(number)s" (
    prepend apiSchemas = ["ColorSpaceAPI"]
)
{
    uniform token colorSpace:name = "%(space)s"
    point3f[] positions = [(0, 0, -1), (1, 2, -3)]
    quatf[] orientations = [(1, 0, 0, 0), (0.70710678, 0.70710678, 0, 0)]
    %(scales)s
    float[] opacities = [1, 0.2, 0.7]
    uniform int radiance:sphericalHarmonicsDegree = 1
    float3[] radiance:sphericalHarmonicsCoefficients = [%(harmonics)s]
    %(more)s
}
"""
HARMONICS = ["(0, 0, 0)", "(9, 9, 9)", "(9, 9, 9)", "(9, 9, 9)", "(1, -1, 0.5)"] + ["(9, 9, 9)"] * 3


def field(number: int = 0, **changes: str) -> str:
    values = {
        "space": "srgb_rec709_scene",
        "scales": "float3[] scales = [(1, 2, 3), (0.25, 0.5, 0)]",
        "harmonics": ", ".join(HARMONICS),
        "more": "",
    }
    return FIELD % {"number": number, **values, **changes}


def stage(*prims: str, head: str = "metersPerUnit = 1") -> bytes:
    return f"#usda 1.0\n(\n{head}\n)\n{''.join(prims)}".encode()


def extracted(content: bytes, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a file in this process, which takes less time."""
    path.write_bytes(content)
    return extract.extract(path)


def test_values_follow_the_schema() -> None:
    stored = read(stage(field()), "usd")
    scene = stored.gaussians
    # x right, y up, z back -> x right, y down, z forward
    torch.testing.assert_close(scene.means, torch.tensor([[0.0, 0, 1], [1, -2, 3]]))
    torch.testing.assert_close(scene.opacities, torch.tensor([1, 0.2]))
    shown = 0.5 + 0.28209479 * torch.tensor([[0, 0, 0], [1, -1, 0.5]])
    torch.testing.assert_close(srgb(scene), shown, atol=1e-5, rtol=0)
    variances = covariances(scene).diagonal(dim1=1, dim2=2)
    expected = torch.tensor([[1, 4, 9], [1 / 16, 0, 1 / 4]], dtype=torch.float64)
    torch.testing.assert_close(variances, expected, atol=1e-6, rtol=0)
    assert stored.sh_degree == 1
    assert len(stored.notes) == 1


@pytest.mark.parametrize("name", ["usd", "usdz"])
def test_a_scene_and_its_photo_survive_a_round_trip(name: str) -> None:
    scene = cloud(50)
    content = written(scene, name, INFO)
    stored = read(content, name)
    back = stored.gaussians
    assert torch.equal(back.means, scene.means)
    assert (covariances(back) - covariances(scene)).abs().max() < 1e-7
    assert (srgb(back) - srgb(scene)).abs().max() < 1e-6
    assert (stored.info, stored.axes, stored.notes) == (INFO, "RUB", ())
    assert content == written(scene, name, INFO)


def test_a_package_is_aligned_and_valid(tmp_path: Path) -> None:
    from pxr import Sdf, Usd, UsdGeom, UsdValidation

    path = tmp_path / "scene.usdz"
    path.write_bytes(written(cloud(50), "usdz", INFO))
    entries = Sdf.ZipFile.Open(str(path))
    (name,) = entries.GetFileNames()
    assert entries.GetFileInfo(name).dataOffset % 64 == 0
    opened = Usd.Stage.Open(str(path))
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert UsdValidation.ValidationContext(validators).Validate(opened) == []
    camera = UsdGeom.Camera(opened.GetPrimAtPath("/Scene/Photo")).GetCamera()
    seen = camera.GetFieldOfView(camera.FOVHorizontal)
    assert seen == pytest.approx(2 * np.degrees(np.arctan(800 / 1234.5)))


def test_a_file_of_another_program_is_read() -> None:
    source = read_scene(FORMATS_DATA / "source.ply").gaussians
    stored = read_scene(FORMATS_DATA / "packed.usdc", axes="RDF")  # it keeps the PLY's numbers
    found = in_order_of(stored.gaussians, source)
    assert (found.means - source.means).abs().max() == 0
    assert (covariances(found) - covariances(source)).abs().max() < 1e-7
    assert (srgb(found) - srgb(source)).abs().max() < 1e-6


def test_the_stage_says_where_up_is_and_how_long_a_metre(tmp_path: Path) -> None:
    head = 'upAxis = "Z"\nmetersPerUnit = 0.01'
    moved = "double3 xformOp:translate = (0, 300, 0)\n"
    moved += 'uniform token[] xformOpOrder = ["xformOp:translate"]'
    facts, _ = extracted(stage(field(more=moved), head=head), tmp_path / "a.usda")
    expected = [[0.01, 0, 0, 0], [0, 0, 0.01, 0], [0, -0.01, 0, -3], [0, 0, 0, 1]]
    np.testing.assert_allclose(facts["fields"][0]["matrix"], expected, atol=1e-12)


def test_several_fields_are_read_and_hidden_ones_are_not(tmp_path: Path) -> None:
    hidden = 'token visibility = "invisible"'
    content = stage(field(0), field(1, space="lin_rec709_scene"), field(2, more=hidden), head="")
    facts, arrays = extracted(content, tmp_path / "a.usda")
    assert [known["is_linear"] for known in facts["fields"]] == [False, True]
    assert len(arrays["positions_1"]) == 2
    assert "does not state its unit" in facts["notes"][0]
    assert facts["notes"][1] == "1 hidden fields of Gaussians are left out"


def test_half_precision_and_defaults_are_read(tmp_path: Path) -> None:
    halves = "half3[] scalesh = [(0.5, 0.5, 0.5), (1, 2, 4)]"
    facts, arrays = extracted(
        stage(field(scales=halves, harmonics="(1, 1, 1)")), tmp_path / "a.usda"
    )
    assert arrays["scales_0"].tolist() == [[0.5, 0.5, 0.5], [1, 2, 4]]
    assert not arrays["sh0_0"].any()
    assert "some of its colours are missing: they are grey" in facts["notes"]
    _, arrays = extracted(stage(field(scales="")), tmp_path / "b.usda")
    assert arrays["scales_0"].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_layers_beside_the_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "part.usda").write_bytes(stage(field()))
    root = tmp_path / "a" / "scene.usda"
    root.write_bytes(stage(head="subLayers = [@./part.usda@]\nmetersPerUnit = 1"))
    assert len(read_scene(root).gaussians) == 2


@pytest.mark.parametrize("name", ["../part.usda", "/etc/part.usda"])
def test_layers_elsewhere_are_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "part.usda").write_bytes(stage(field()))
    (tmp_path / "a").mkdir()
    reference = f'def Xform "X" (references = @{name}@</F0>) {{}}'
    with pytest.raises(FormatError, match="outside its folder"):
        extracted(stage(reference), tmp_path / "a" / "scene.usda")


def test_a_package_of_several_layers_is_read(tmp_path: Path) -> None:
    path = tmp_path / "scene.usdz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("default.usda", stage(head="subLayers = [@part.usda@]\nmetersPerUnit = 1"))
        archive.writestr("part.usda", stage(field()))
    assert len(read_scene(path).gaussians) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (stage('def Mesh "M" {}\ndef Cube "C" {}'), "no Gaussians .*; it has Cube, Mesh"),
        (stage(), "it has nothing"),
        (stage(field(more='token visibility = "invisible"')), "and 1 hidden ones"),
        (b"#usda 1.0\ndef {", "damaged"),
        (stage(field(), head="metersPerUnit = -1"), "unit is -1 metres"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        extracted(content, tmp_path / "a.usda")


def test_a_damaged_layer_is_refused(tmp_path: Path) -> None:
    whole = written(cloud(20), "usd")
    (tmp_path / "a.usdc").write_bytes(whole[:-40])
    with pytest.raises(FormatError, match=r"a\.usdc: it is damaged"):
        read_scene(tmp_path / "a.usdc")
    (tmp_path / "b.usdz").write_bytes(whole)
    with pytest.raises(FormatError, match=r"content is that of a \.usdc"):
        read_scene(tmp_path / "b.usdz")
    with pytest.raises(FormatError, match="no USD file"):
        read(b"something else", "usd")


def test_without_the_package_all_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tools.importlib.util, "find_spec", lambda _: None)
    assert not {"usd", "usdz"} & {entry.name for entry in formats_written_here()}
    with pytest.raises(UsageError, match="need the package usd-core") as error:
        format_to_write(tmp_path / "a.usdz")
    assert how_to_install("usd") in error.value.hint
    (tmp_path / "b.usda").write_bytes(stage(field()))
    with pytest.raises(MissingToolError, match=r"b\.usda: USD files need") as missing:
        read_scene(tmp_path / "b.usda")
    assert how_to_install("usd") in missing.value.hint

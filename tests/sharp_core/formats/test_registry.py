from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from schemas.errors import FormatError, UsageError
from sharp_core.formats.registry import (
    FORMATS,
    Options,
    check_scene,
    format_of,
    formats_written_here,
    prepare_scene,
    read_scene,
    write_prepared,
    write_scene,
)
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.settings import SogOptions
from sharp_core.formats.spz.options import SpzOptions
from sharp_core.scene.gaussians import Gaussians
from tests.support.clouds import (
    INFO,
    cloud,
    covariances,
    equal,
    extreme,
    in_order_of,
    read,
    srgb,
    written,
)
from tests.support.paths import ROOT

WAYS: list[tuple[str, Options | None]] = [
    ("ply", None),
    ("sog", SogOptions("max")),
    ("spz", SpzOptions(3)),
    ("spz", SpzOptions(4)),
    ("splat", None),
    ("glb", None),
]
every_way = pytest.mark.parametrize(("name", "options"), WAYS, ids=str)


@every_way
def test_a_scene_survives_a_round_trip(name: str, options: Options | None) -> None:
    scene = cloud()
    back = in_order_of(read(written(scene, name, None, options), name).gaussians, scene)
    assert (back.means - scene.means).abs().max() < 5e-4
    assert (back.opacities - scene.opacities).abs().max() <= 1.5 / 255 + 1e-6
    assert (srgb(back) - srgb(scene)).abs().max() < 5e-3
    size = scene.scales.double().amax(dim=1)[:, None, None] ** 2
    assert ((covariances(back) - covariances(scene)).abs() / size).max() < 0.12


STATES_ITS_AXES = pytest.mark.parametrize(
    "name", [entry.name for entry in formats_written_here() if entry.assumed_axes]
)


@STATES_ITS_AXES
def test_a_scene_behind_the_camera_is_not_turned(name: str) -> None:
    scene = cloud(50)
    behind = replace(scene, means=scene.means * torch.tensor([1, 1, -1.0]))
    stored = read(written(behind, name), name)
    assert (stored.gaussians.means - behind.means).abs().max() < 1e-4
    assert stored.notes == ()


@every_way
def test_equal_scenes_give_equal_bytes(name: str, options: Options | None) -> None:
    assert written(cloud(), name, INFO, options) == written(cloud(), name, INFO, options)


@every_way
def test_a_prepared_scene_gives_the_same_file(name: str, options: Options | None) -> None:
    prepared = prepare_scene(cloud(), INFO, name, options)
    assert (prepared is None) == (name != "sog")
    if prepared is not None:
        file = io.BytesIO()
        write_prepared(file, prepared, INFO, options=options)
        assert file.getvalue() == written(cloud(), name, INFO, options)


@every_way
@pytest.mark.parametrize("scene", [cloud(1), equal(), extreme()], ids=["one", "equal", "extreme"])
def test_small_and_odd_scenes_survive_a_round_trip(
    name: str, options: Options | None, scene: Gaussians
) -> None:
    back = read(written(scene, name, INFO, options), name).gaussians
    assert len(back) == len(scene)
    back.check()
    nearest = torch.cdist(scene.means, back.means).amin(dim=1)
    near = nearest <= 1e-3 * (1 + scene.means.norm(dim=1))
    assert near[scene.opacities > 0].all()  # where nothing is seen, nothing has to be kept


@every_way
def test_invalid_scenes_are_not_written(name: str, options: Options | None) -> None:
    none = cloud(1)
    none = type(none)(*(getattr(none, field)[:0] for field in none.__slots__))
    with pytest.raises(ValueError, match="at least one Gaussian"):
        written(none, name, None, options)
    broken = replace(cloud(3), means=torch.tensor([[0.0, float("nan"), 1.0]] * 3))
    with pytest.raises(ValueError, match="means"):
        written(broken, name, None, options)


def test_scene_info_is_stored_if_the_format_supports_it() -> None:
    for name in [entry.name for entry in formats_written_here()]:
        info = read(written(cloud(), name, INFO), name).info
        assert info == (INFO if name in ("ply", "sog", "glb", "usdz", "usd") else None)


def test_paths_choose_the_format(tmp_path: Path) -> None:
    scene = cloud(50)
    for name in ("a.ply", "b.SOG", "c.spz", "d.splat", "e.glb", "folder/meta.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        write_scene(path, scene)
        assert len(read_scene(path).gaussians) == 50
    with pytest.raises(UsageError, match="known are sog"):
        format_of("scene.obj")
    with pytest.raises(UsageError, match=r"\.gltf files can be read, and not written") as error:
        write_scene(tmp_path / "x.gltf", scene)
    assert error.value.hint == "Write a .glb."
    with pytest.raises(UsageError, match=r"\.ksplat files can be read, and not written") as error:
        write_scene(tmp_path / "x.ksplat", scene)
    assert ".sog" in error.value.hint
    with pytest.raises(UsageError, match="ksplat files can be read, and not written"):
        write_scene(io.BytesIO(), scene, format_name="ksplat")
    with pytest.raises(UsageError, match="SpzOptions are not for sog"):
        write_scene(tmp_path / "x.sog", scene, options=SpzOptions(4))
    with pytest.raises(UsageError, match="needs the name of its format"):
        read_scene(io.BytesIO())


def test_errors_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "broken.spz").write_bytes(b"nothing of the kind")
    with pytest.raises(FormatError, match=r"broken\.spz"):
        read_scene(tmp_path / "broken.spz")


def test_all_functions_that_entries_name_exist() -> None:
    for entry in FORMATS:
        for lazy in (entry.read, entry.write, entry.read_path, entry.check_tools):
            assert lazy is None or callable(lazy.get())
        assert entry.read is not None
        if entry.folder is not None:
            assert callable(entry.folder.read.get())
            assert callable(entry.folder.write.get())
        if entry.preparation is not None:
            assert callable(entry.preparation.prepare.get())
            assert callable(entry.preparation.write.get())
        told = [*entry.qualities.values(), *entry.versions.values()]
        assert all(type(options) is entry.options for options in told)
        assert entry.default_quality in (*entry.qualities, None)


def test_qualities_and_versions_are_those_of_the_format() -> None:
    sog, spz = FORMATS.get("sog"), FORMATS.get("spz")
    assert sog.options_for("high") == SogOptions("high")
    assert spz.options_for(version=4) == SpzOptions(4)
    assert spz.options_for() is None
    with pytest.raises(UsageError, match="sog files have no version 4"):
        sog.options_for(version=4)
    with pytest.raises(UsageError, match="spz files have no quality high"):
        spz.options_for("high")


def test_reading_the_registry_imports_nothing_heavy() -> None:
    program = (
        "import sys; from sharp_core.formats.registry import FORMATS; print(*FORMATS.names); "
        "heavy = ('torch', 'numba', 'numpy', 'PIL', 'zipfile', 'sqlalchemy', 'ray'); "
        "print(*[name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.split("\n")[0] == "sog spz ply splat glb usdz usd ksplat"
    assert not {"torch", "numba", "numpy", "PIL", "ray"} & set(result.stdout.split())


# The check of a file's structure.
CHECKED = [entry.name for entry in FORMATS if entry.is_storable]


def written_file(folder: Path, name: str) -> Path:
    path = folder / f"scene.{name}"
    write_scene(path, cloud(), SceneInfo(1000.0, 640, 480, "a" * 32, "test"))
    return path


@pytest.mark.parametrize("name", [entry.name for entry in formats_written_here()])
def test_what_is_written_passes(tmp_path: Path, name: str) -> None:
    check_scene(written_file(tmp_path, name))


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.95])
def test_a_file_that_is_cut_short_does_not(tmp_path: Path, name: str, kept: float) -> None:
    path = written_file(tmp_path, name)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(FormatError, match=f"scene.{name}"):
        check_scene(path)


@pytest.mark.parametrize("name", CHECKED)
def test_another_format_under_its_name_does_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"scene.{name}"
    path.write_bytes(b"these are notes\n" * 100)
    with pytest.raises(FormatError):
        check_scene(path)


def test_a_file_that_is_missing_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_scene(tmp_path / "scene.sog")


@pytest.mark.parametrize("name", CHECKED)
def test_it_needs_no_torch(tmp_path: Path, name: str) -> None:
    path = written_file(tmp_path, name)
    program = (
        "import sys; from pathlib import Path; from sharp_core.formats.registry import check_scene;"
        f"check_scene(Path({str(path)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", CHECKED)
def test_every_format_of_a_library_has_one(name: str) -> None:
    assert format_of(f"scene.{name}").check is not None

"""Files of another program are read right, and it reads ours; see tests/data/formats."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sharp_core.formats.registry import read_scene, write_scene
from sharp_core.formats.sog.settings import SogOptions
from tests.support.clouds import FORMATS_DATA, cloud, covariances, in_order_of, srgb

TOOL = shutil.which("splat-transform")


@pytest.mark.parametrize(
    ("name", "metres", "levels", "share"),
    [
        # Half a step of 10 bits of 6.6 m; of 16 bits and truncated; of 12 bits below a metre.
        ("packed.compressed.ply", 3.3e-3, 0.51, 0.02),
        ("packed.sog", 3e-4, 1.0, 0.06),
        ("packed3.spz", 1.3e-4, 0.95, 0.08),
        ("packed4.spz", 1.3e-4, 0.95, 0.08),
        ("packed.glb", 1e-6, 1e-3, 1e-5),
        # Colours and opacities are truncated to bytes; then 16 bits of a metre, and of 5 m.
        ("packed0.ksplat", 1e-6, 1.0, 1e-6),
        ("packed1.ksplat", 1.6e-5 / 2 + 1e-6, 1.0, 2e-3),
        ("packed2.ksplat", 7.7e-5 / 2 + 1e-6, 1.0, 2e-3),
    ],
)
def test_files_of_another_program_contain_the_same_scene(
    name: str, metres: float, levels: float, share: float
) -> None:
    source = read_scene(FORMATS_DATA / "source.ply").gaussians
    found = in_order_of(read_scene(FORMATS_DATA / name).gaussians, source)
    assert (found.means - source.means).abs().max() < metres
    assert (srgb(found) - srgb(source)).abs().max() * 255 < levels
    assert (found.opacities - source.opacities).abs().max() * 255 <= 1.01
    size = source.scales.double().amax(dim=1)[:, None, None] ** 2
    assert ((covariances(found) - covariances(source)).abs() / size).max() < share


@pytest.mark.skipif(TOOL is None, reason="splat-transform is not installed")
@pytest.mark.parametrize("name", ["ours.sog", "ours.spz", "ours.ply"])
def test_another_program_reads_our_files(tmp_path: Path, name: str) -> None:
    # Coarser steps make some Gaussians transparent, which then lie on one another.
    options = SogOptions("max") if name == "ours.sog" else None
    write_scene(tmp_path / name, cloud(), options=options)
    subprocess.run([TOOL, "-q", name, "back.ply"], cwd=tmp_path, check=True)
    ours = read_scene(tmp_path / name).gaussians
    back = in_order_of(read_scene(tmp_path / "back.ply").gaussians, ours)
    assert (back.means - ours.means).abs().max() < 1e-5
    assert (back.scales.log() - ours.scales.log()).abs().max() < 1e-5
    assert (back.opacities - ours.opacities).abs().max() < 1e-5
    assert (srgb(back) - srgb(ours)).abs().max() < 1e-5

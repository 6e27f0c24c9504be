"""The example package of docs/examples, installed as a person would, adds what it says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import sharp_batch as sb
from tests.support.cli import many_commands
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "sharp-batch-example"


class Brightness(torch.nn.Module):
    """A network that takes what is bright to be near."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.tensor([0.3, 0.6, 0.1]).view(3, 1, 1))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return 0.1 + (picture * self.weights).sum(dim=1)


def export_network(to: Path) -> None:
    """Save the network as the example asks for it."""
    exported = torch.export.export(Brightness().eval(), (torch.zeros(1, 3, 518, 518),))
    torch.export.save(exported, to)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("example")
    source, packages = folder / "source", folder / "packages"
    shutil.copytree(EXAMPLE, source)  # building leaves files beside it
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "--target", str(packages), str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(packages), str(ROOT)))}


def test_the_example_adds_a_model_and_an_export_kind(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    library, network = tmp_path / "library", tmp_path / "depth.pt2"
    make_photos(tmp_path / "photos", 1)
    export_network(network)
    with many_commands(environment) as commands:
        make = ("ingest", tmp_path / "photos", "--library", library, "--inline")
        make = (*make, "--model", "exported-depth")
        missing = commands(*make, "--json")
        assert missing.returncode == 4
        assert "needs weights of yours" in json.loads(missing.stdout)["error"]
        assert commands(*make, "--checkpoint", network).returncode == 0
        export = ("export", "--kind", "npz", "--to", tmp_path / "arrays", "--inline")
        done = commands(*export, "--library", library)
        assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "arrays").glob("*.npz")
    arrays = np.load(file)
    with sb.open_library(library) as opened:
        (photo,) = opened.photos()
    assert (photo.model, photo.scale_source) == ("exported-depth", sb.ScaleSource.DEFAULT)
    assert arrays["quats"].shape == (photo.gaussians, 4)
    # The brightest point is the nearest, 1.5 m away; the stored scene is quantised.
    assert float(arrays["means"][:, 2].min()) == pytest.approx(1.5, rel=0.02)


def test_the_model_is_a_short_file() -> None:
    file = EXAMPLE / "sharp_batch_example" / "exported_depth.py"
    assert len(file.read_text().splitlines()) < 60

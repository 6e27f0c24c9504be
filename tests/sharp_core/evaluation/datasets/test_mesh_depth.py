from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import PhotoError
from sharp_core.evaluation.datasets.mesh_depth import Mesh, MeshDepth, mesh_depth
from sharp_core.scene.cameras import Camera
from tests.support.analytic_scene import INTRINSICS, VIEWS, picture
from tests.support.made_datasets import write_mesh


@pytest.mark.parametrize("view", range(3))
def test_it_equals_ray_casting(view: int, tmp_path: Path) -> None:
    write_mesh(tmp_path / "scans" / "mesh.ply")
    camera = Camera(INTRINSICS, VIEWS[view])
    truth = picture(camera).depth_m
    assert truth is not None
    found = MeshDepth(tmp_path / "scans" / "mesh.ply").read(camera)
    differs = ~np.isclose(found, truth, rtol=1e-5)
    assert differs.mean() < 0.005  # of pixels whose centre lies on an edge


def test_what_no_triangle_covers_is_unknown() -> None:
    corners = np.array([[-0.5, -0.5, 2.0], [0.5, -0.5, 2.0], [-0.5, 0.5, 2.0]])
    depth = mesh_depth(Mesh(corners, np.array([[0, 1, 2]])), Camera(INTRINSICS, np.eye(4)))
    assert np.nanmin(depth) == pytest.approx(2.0)
    assert np.isnan(depth[-1, -1])
    behind = mesh_depth(Mesh(-corners, np.array([[0, 1, 2]])), Camera(INTRINSICS, np.eye(4)))
    assert np.isnan(behind).all()


def test_rubbish_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mesh.ply"
    path.write_bytes(b"ply\nformat ascii 1.0\nelement vertex 1\n")
    with pytest.raises(PhotoError, match=r"mesh.ply"):
        MeshDepth(path).read(Camera(INTRINSICS, np.eye(4)))

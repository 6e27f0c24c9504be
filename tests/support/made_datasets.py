"""Tiny copies of the published layouts, rendered from the analytic scene."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image
from plyfile import PlyData, PlyElement

from sharp_core.evaluation.datasets.fisheye import distorted
from sharp_core.evaluation.datasets.overlap import project
from sharp_core.scene.cameras import Camera, Intrinsics
from tests.support.analytic_scene import INTRINSICS, QUADS, VIEWS, picture, seen, surface_points

BASELINE_M = 0.12
STEREO = Intrinsics(80.0, 80.0, 45.5, 38.0, 96, 72)
DOFFS = 1.0  # the right principal point lies farther right
FISHEYE = (0.05, -0.02, 0.004, -0.001)


def stereo_cameras() -> tuple[Camera, Camera]:
    right = np.eye(4)
    right[0, 3] = -BASELINE_M
    other = Intrinsics(80.0, 80.0, 45.5 + DOFFS, 38.0, 96, 72)
    return Camera(STEREO, np.eye(4)), Camera(other, right)


def save(pixels: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **({"quality": 98} if path.suffix.lower() == ".jpg" else {}))


def write_pfm(values: np.ndarray, path: Path) -> None:
    header = f"Pf\n{values.shape[1]} {values.shape[0]}\n-1.0\n".encode()
    path.write_bytes(header + values[::-1].astype("<f4").tobytes())


def disparity(eye: int = 0) -> np.ndarray:
    """Return the true disparity of an eye of the stereo pair in pixels, as Middlebury counts it."""
    depth = picture(stereo_cameras()[eye]).depth_m
    assert depth is not None
    return 80.0 * BASELINE_M / depth - DOFFS


def make_middlebury(folder: Path, name: str = "Shelf-perfect", baseline_mm: float = 120.0) -> None:
    scene = folder / name
    for number, camera in enumerate(stereo_cameras()):
        save(picture(camera).image, scene / f"im{number}.png")
    values = disparity()
    values[0, :5] = np.inf  # unknown
    write_pfm(values, scene / "disp0.pfm")
    # Calibrations count pixel centres from (0, 0).
    (scene / "calib.txt").write_text(
        f"cam0=[80 0 45; 0 80 37.5; 0 0 1]\ncam1=[80 0 {45 + DOFFS}; 0 80 37.5; 0 0 1]\n"
        f"doffs={DOFFS}\nbaseline={baseline_mm}\nwidth=96\nheight=72\nndisp=40\n"
    )


def make_booster(folder: Path, name: str = "Bathroom", baseline: float = 120.0) -> None:
    scene = folder / "train" / "balanced" / name
    for light in range(2):
        for number, camera in enumerate(stereo_cameras()):
            save(picture(camera).image, scene / f"camera_{2 * number:02d}" / f"im{light}.png")
    values = disparity().astype(np.float32)
    values[5, :3] = 0  # unknown
    np.save(scene / "disp_00.npy", values)
    left = "80 0 45 0 0 80 37.5 0 0 0 1 0"
    right = f"80 0 {45 + DOFFS} {-80 * baseline} 0 80 37.5 0 0 0 1 0"
    nodes = "".join(
        f'<{tag} type_id="opencv-matrix"><rows>3</rows><cols>4</cols><dt>d</dt>'
        f"<data>\n  {data}</data></{tag}>"
        for tag, data in (("proj_matL", left), ("proj_matR", right))
    )
    (scene / "calib_00-02.xml").write_text(
        f'<?xml version="1.0"?><opencv_storage>{nodes}</opencv_storage>'
    )


def make_wildrgbd(folder: Path, frames: int = len(VIEWS)) -> Path:
    """Return the folder of the validation scene; another one is for training."""
    category = folder / "apple"
    for scene in ("scene_000", "scene_001"):
        (category / "scenes" / scene).mkdir(parents=True)
    scene_folder = category / "scenes" / "scene_001"
    rows = []
    for number in range(frames):
        view = VIEWS[number % len(VIEWS)]
        taken = picture(Camera(INTRINSICS, view))
        assert taken.depth_m is not None
        save(taken.image, scene_folder / "rgb" / f"{number:05d}.png")
        depth = (taken.depth_m * 1000).round().astype(np.uint16)
        depth[0, 0] = 0  # unknown
        save(depth, scene_folder / "depth" / f"{number:05d}.png")
        rows.append(" ".join(map(repr, [number, *np.linalg.inv(view).ravel().tolist()])))
    (scene_folder / "cam_poses.txt").write_text("\n".join(rows))
    k = INTRINSICS.matrix() - [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]]
    columns = k.T.ravel().tolist()
    (scene_folder / "metadata").write_text(json.dumps({"K": columns, "w": 96, "h": 72}))
    lists = {"train": ["scenes/scene_000"], "val": ["scenes/scene_001"]}
    (category / "nvs_list.json").write_text(json.dumps(lists))
    return scene_folder


def quaternion(rotation: np.ndarray) -> list[float]:
    """Return w, x, y, z of a small rotation."""
    w = np.sqrt(1 + np.trace(rotation)) / 2
    x, y, z = ((rotation[i, j] - rotation[j, i]) / (4 * w) for i, j in ((2, 1), (0, 2), (1, 0)))
    return [float(value) for value in (w, x, y, z)]


def write_colmap(folder: Path, camera_line: str, names: list[str], points: np.ndarray) -> None:
    """Write a reconstruction in which every picture shows every visible point."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cameras.txt").write_text(f"# cameras\n1 {camera_line}\n")
    lines = ["# images"]
    for number, (name, view) in enumerate(zip(names, VIEWS, strict=False), start=1):
        pose = [*quaternion(view[:3, :3]), *view[:3, 3].tolist()]
        lines.append(f"{number} {' '.join(map(repr, pose))} 1 {name}")
        lines.append(" ".join(_marks(points, view)))
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    rows = [f"{index} {' '.join(map(str, p))} 0 0 0 0.1" for index, p in enumerate(points)]
    (folder / "points3D.txt").write_text("\n".join(rows))


def _marks(points: np.ndarray, view: np.ndarray) -> list[str]:
    camera = Camera(INTRINSICS, view)
    depth = picture(camera).depth_m
    assert depth is not None
    marks = []
    for index, (x, y, z) in enumerate(zip(*project(points, camera), strict=True)):
        if z > 0 and 0 <= x < 96 and 0 <= y < 72 and abs(depth[int(y), int(x)] - z) < 0.03 * z:
            marks.append(f"{x} {y} {index}")
    return marks


def make_eth3d(folder: Path, count: int = 3) -> None:
    scene = folder / "facade"
    names = [f"dslr_images_undistorted/DSC_{number:04d}.JPG" for number in range(count)]
    for name, view in zip(names, VIEWS, strict=False):
        save(picture(Camera(INTRINSICS, view)).image, scene / "images" / name)
    line = "PINHOLE 96 72 84 80 45.5 38"
    write_colmap(scene / "dslr_calibration_undistorted", line, names, surface_points(4000))


def make_scannetpp(folder: Path, count: int = 3) -> None:
    scene = folder / "data" / "036bce3393"
    names = [f"DSC{number:05d}.JPG" for number in range(count)]
    columns, rows = np.meshgrid(np.linspace(-1.2, 1.2, 481), np.linspace(-1.0, 1.0, 401))
    for name, view in zip(names, VIEWS, strict=False):
        save(_fisheye_picture(columns, rows, view), scene / "dslr" / "resized_images" / name)
    line = f"OPENCV_FISHEYE 96 72 84 80 45.5 38 {' '.join(map(str, FISHEYE))}"
    write_colmap(scene / "dslr" / "colmap", line, names, surface_points(5))
    write_mesh(scene / "scans" / "mesh_aligned_0.05.ply")
    (folder / "splits").mkdir()
    (folder / "splits" / "nvs_test.txt").write_text("036bce3393\n")


def _fisheye_picture(x: np.ndarray, y: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Return the picture of a fisheye camera: for each pixel the nearest of many rays."""
    u, v = distorted(x, y, INTRINSICS, FISHEYE)
    image = np.zeros((72, 96, 3), np.uint8)
    colours, _ = seen(x, y, view)
    best = np.full((72, 96), np.inf)
    for row, column, error, colour in zip(
        v.astype(int).ravel(),
        u.astype(int).ravel(),
        np.hypot(u % 1 - 0.5, v % 1 - 0.5).ravel(),
        colours.reshape(-1, 3),
        strict=True,
    ):
        if 0 <= row < 72 and 0 <= column < 96 and error < best[row, column]:
            best[row, column], image[row, column] = error, colour
    assert np.isfinite(best).all()
    return image


def write_mesh(path: Path) -> None:
    corners, faces = [], []
    for quad in QUADS:
        start = len(corners)
        for u, v in ((0, 0), (1, 0), (1, 1), (0, 1)):
            corners.append(tuple(quad.corner + u * quad.along + v * quad.down))
        faces += [([start, start + 1, start + 2],), ([start, start + 2, start + 3],)]
    vertices = np.array(corners, [("x", "f8"), ("y", "f8"), ("z", "f8")])
    triangles = np.array(faces, [("vertex_indices", "i4", (3,))])
    path.parent.mkdir(parents=True)
    parts = [PlyElement.describe(vertices, "vertex"), PlyElement.describe(triangles, "face")]
    PlyData(parts).write(path)


def make_tanks_and_temples(folder: Path, count: int = 3, with_camera: bool = True) -> None:
    scene = folder / "Barn"
    # A similarity from the reconstruction to metres: the reconstruction is a third as large.
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    similarity = np.eye(4)
    similarity[:3, :3], similarity[:3, 3] = 3.0 * turn, [0.5, -1.0, 2.0]
    blocks = []
    for number in range(count):
        view = VIEWS[number]
        save(picture(Camera(INTRINSICS, view)).image, scene / f"{number + 1:06d}.jpg")
        to_metric = np.linalg.inv(view)
        pose = np.eye(4)
        pose[:3, :3] = turn.T @ to_metric[:3, :3]
        pose[:3, 3] = np.linalg.inv(similarity[:3, :3]) @ (to_metric[:3, 3] - similarity[:3, 3])
        rows = "\n".join(" ".join(f"{value:.12f}" for value in row) for row in pose)
        blocks.append(f"{number} {number} 0\n{rows}")
    (scene / "Barn_COLMAP_SfM.log").write_text("\n".join(blocks) + "\n")
    text = "\n".join(" ".join(map(str, row)) for row in similarity)
    (scene / "Barn_trans.txt").write_text(text)
    points = np.array(
        [tuple(point) for point in surface_points(20_000)], [("x", "f4"), ("y", "f4"), ("z", "f4")]
    )
    PlyData([PlyElement.describe(points, "vertex")]).write(scene / "Barn.ply")
    if with_camera:
        (scene / "cameras.txt").write_text("1 PINHOLE 96 72 84 80 45.5 38\n")

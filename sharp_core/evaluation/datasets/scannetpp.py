"""ScanNet++: `data/SCENE/dslr/` with fisheye pictures, `data/SCENE/scans/` with the mesh.

C. Yeshwanth et al., "ScanNet++: a high-fidelity dataset of 3D indoor scenes", 2023. Cameras and
poses are COLMAP's text files in dslr/colmap, whose world is that of the mesh (that of
nerfstudio/transforms.json has other axes). Pictures are undistorted; depth is rendered from
mesh_aligned_0.05.ply. The scenes of splits/nvs_test.txt are evaluated, all where there is no such
list. Test pictures of train_test_lists.json are not published for every scene: those that are
missing are left out. Masks of anonymised parts are not applied: the paper mentions none.
"""

from __future__ import annotations

from pathlib import Path

from schemas.choices import DatasetSplit
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.colmap import camera_of, read_cameras, read_images
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample, samples_of_pairs
from sharp_core.evaluation.datasets.files import damaged, read_json, read_text, require
from sharp_core.evaluation.datasets.fisheye import FisheyeImage, filled_camera
from sharp_core.evaluation.datasets.mesh_depth import MeshDepth
from sharp_core.evaluation.datasets.multi_view import draw_pairs
from sharp_core.evaluation.datasets.picture import PictureFile
from sharp_core.scene.cameras import Camera

_DATASET = "scannetpp"
_TEST, _TRAINING = (Path("splits", f"{name}.txt") for name in ("nvs_test", "nvs_sem_train"))
_MESH = Path("scans", "mesh_aligned_0.05.ply")


def find_samples(folder: Path, settings: DatasetSettings) -> list[DatasetSample]:
    """Return pairs of the scenes of a split. Raises UsageError."""
    sequences = [_pictures(folder / "data" / scene) for scene in _scenes(folder, settings.split)]
    return samples_of_pairs(_DATASET, draw_pairs(sequences, settings))


def _scenes(folder: Path, split: DatasetSplit) -> list[str]:
    """Return the listed scenes. Without the list for training, it is all but those for tests."""
    scenes = {path.parent.parent.name for path in folder.glob("data/*/dslr/colmap")}
    test = _listed(folder / _TEST)
    if split is DatasetSplit.EVALUATION:
        return sorted(scenes if test is None else test)
    training = _listed(folder / _TRAINING)
    return sorted(scenes - (test or set()) if training is None else training)


def _listed(path: Path) -> set[str] | None:
    return set(read_text(path).split()) if path.is_file() else None


def _test_pictures(path: Path) -> set[str]:
    """Return the names of a scene's test pictures; none without the list. Raises UsageError."""
    if not path.is_file():
        return set()
    listed = read_json(path)
    names = listed.get("test") if isinstance(listed, dict) else None
    if not isinstance(names, list):
        raise damaged(path, "it has no list 'test'")
    return {Path(str(name)).name for name in names}


def _pictures(scene: Path) -> list[PictureFile]:
    dslr = scene / "dslr"
    cameras, listed = (dslr / "colmap" / name for name in ("cameras.txt", "images.txt"))
    require([cameras, listed, scene / _MESH])
    found = read_cameras(cameras)
    test = _test_pictures(dslr / "train_test_lists.json")
    pictures = []
    for image in read_images(listed):
        camera = camera_of(image, found, cameras)
        path = dslr / "resized_images" / Path(image.name).name
        if path.name in test and not path.is_file():
            continue
        require([path])
        try:
            stored, distortion = camera.intrinsics(), camera.fisheye()
            wanted = filled_camera(stored, distortion)
        except ValueError as error:
            raise damaged(cameras, str(error)) from error
        pictures.append(
            PictureFile(
                f"{scene.name}/{path.stem}",
                FisheyeImage(path, stored, distortion, wanted),
                Camera(wanted, image.viewmat),
                MeshDepth(scene / _MESH),
            )
        )
    return pictures

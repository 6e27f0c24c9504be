"""Middlebury 2014: `SCENE-perfect/` or `SCENE-imperfect/`, or MiddEval3's `trainingF/SCENE/`.

D. Scharstein et al., "High-resolution stereo datasets with subpixel-accurate ground truth", 2014.
Each folder has im0.png (left), im1.png (right), disp0.pfm or disp0GT.pfm, and calib.txt: lines of
`key=value` with cam0, cam1 (3 x 3, pixels) and baseline (millimetres). Of a scene that is there
several times, the largest and perfectly rectified version counts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from schemas.choices import LengthUnit
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample
from sharp_core.evaluation.datasets.files import damaged, image_size, read_text, require
from sharp_core.evaluation.datasets.stereo_pair import (
    Calibration,
    StereoFiles,
    check_first,
    drawn,
    stereo_sample,
)

_DATASET = "middlebury"
_DISPARITIES = ("disp0.pfm", "disp0GT.pfm")
_VERSIONS = ("-perfect", "-imperfect")


def find_samples(folder: Path, settings: DatasetSettings) -> list[DatasetSample]:
    """Return one pair per scene. Raises UsageError."""
    best: dict[str, tuple[tuple[int, bool], Path]] = {}
    for calib in sorted(folder.glob("**/calib.txt")):
        scene = calib.parent
        if not any((scene / name).is_file() for name in _DISPARITIES):
            continue  # of test sets, whose truth is not published
        name = _scene_name(scene)
        require([scene / "im0.png", scene / "im1.png"])
        rank = (image_size(scene / "im0.png")[0], not scene.name.endswith(_VERSIONS[1]))
        if name not in best or rank > best[name][0]:
            best[name] = rank, scene
    samples = [
        _sample(name, scene, settings.unit or LengthUnit.MM)
        for name, (_, scene) in sorted(best.items())
    ]
    check_first(samples)
    return drawn(samples, settings.pairs, settings.seed)


def _sample(name: str, scene: Path, unit: LengthUnit) -> DatasetSample:
    disparity = next(scene / one for one in _DISPARITIES if (scene / one).is_file())
    calibration = _read_calibration(scene / "calib.txt", unit)
    files = StereoFiles(
        name,
        scene / "im0.png",
        scene / "im1.png",
        disparity,
        scene / disparity.name.replace("disp0", "disp1"),
        calibration,
        has_unit=True,
    )
    return stereo_sample(_DATASET, files)


def _scene_name(scene: Path) -> str:
    for version in _VERSIONS:
        if scene.name.endswith(version):
            return scene.name.removesuffix(version)
    return scene.name


def _read_calibration(path: Path, unit: LengthUnit) -> Calibration:
    pairs = (line.split("=", 1) for line in read_text(path).splitlines() if "=" in line)
    values = {key.strip(): value.strip() for key, value in pairs}
    try:
        left, right = (_matrix(values[name]) for name in ("cam0", "cam1"))
        baseline = float(values["baseline"])
    except KeyError as error:
        raise damaged(path, f"it has no {error.args[0]}") from error
    except ValueError as error:
        raise damaged(path, str(error)) from error
    return Calibration(left, right, baseline / 1000 if unit is LengthUnit.MM else baseline)


def _matrix(text: str) -> np.ndarray:
    rows = [[float(word) for word in row.split()] for row in text.strip("[]").split(";")]
    matrix = np.array(rows, np.float64)
    if matrix.shape != (3, 3):
        raise ValueError(f"expected a 3 x 3 matrix, found {text}")
    return matrix

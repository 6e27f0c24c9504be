"""Booster: `train/balanced/SCENE/` with one pair for each lighting.

P. Zama Ramirez et al., "Open challenges in deep stereo: the Booster dataset", 2022. A scene has
camera_00/*.png (left), camera_02/*.png (right, same names), disp_00.npy (pixels; 0 or less where it
is unknown) and calib_00-02.xml, OpenCV's file storage with the matrices proj_matL and proj_matR.
The unit of its baseline is stated nowhere: millimetres are assumed, and a scene whose depth then
makes no sense is refused.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

import numpy as np

from schemas.choices import LengthUnit
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample
from sharp_core.evaluation.datasets.files import damaged, read_text, require
from sharp_core.evaluation.datasets.stereo_pair import (
    Calibration,
    StereoFiles,
    check_first,
    drawn,
    stereo_sample,
)

_DATASET = "booster"
_CALIBRATION = "calib_00-02.xml"
_DISPARITY, _RIGHT_DISPARITY = "disp_00.npy", "disp_02.npy"


def find_samples(folder: Path, settings: DatasetSettings) -> list[DatasetSample]:
    """Return one pair per scene and lighting. Raises UsageError."""
    samples = []
    for path in sorted(folder.glob(f"**/{_CALIBRATION}")):
        samples += _scene(path.parent, settings.unit or LengthUnit.MM)
    by_scene = {sample.name.partition("/")[0]: sample for sample in samples}
    check_first(list(by_scene.values()))
    return drawn(samples, settings.pairs, settings.seed)


def _scene(scene: Path, unit: LengthUnit) -> list[DatasetSample]:
    disparity = scene / _DISPARITY
    calibration = _read_calibration(scene / _CALIBRATION, unit)
    require([disparity])
    samples = []
    for left in sorted((scene / "camera_00").glob("*.png")):
        right = scene / "camera_02" / left.name
        require([right])
        name = f"{scene.name}/{left.stem}"
        files = StereoFiles(
            name, left, right, disparity, scene / _RIGHT_DISPARITY, calibration, has_unit=True
        )
        samples.append(stereo_sample(_DATASET, files))
    return samples


def _read_calibration(path: Path, unit: LengthUnit) -> Calibration:
    text = read_text(path)
    if "<!" in text:  # a declaration of entities, which could make a small text huge
        raise damaged(path, "it declares a document type, which OpenCV's files do not")
    try:
        root = ElementTree.fromstring(text)
        left, right = (_matrix(root, name) for name in ("proj_matL", "proj_matR"))
    except (ParseError, ValueError) as error:
        raise damaged(path, str(error)) from error
    baseline = -float(right[0, 3] / right[0, 0])
    if baseline <= 0:
        raise damaged(path, f"its right camera stands {-baseline:g} left of the left one")
    metres = baseline / 1000 if unit is LengthUnit.MM else baseline
    return Calibration(left[:, :3], right[:, :3], metres)


def _matrix(root: Element, name: str) -> np.ndarray:
    """Return a (3, 4) matrix of OpenCV's file storage."""
    node = root.find(name)
    if node is None:
        raise ValueError(f"it has no {name}")
    values = [float(word) for word in (node.findtext("data") or "").split()]
    if len(values) != 12:
        raise ValueError(f"{name} has {len(values)} numbers, and 3 x 4 are expected")
    return np.array(values, np.float64).reshape(3, 4)

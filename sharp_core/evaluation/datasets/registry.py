"""Every data set by name. To add one: its file, and one entry here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from schemas.errors import UsageError
from schemas.registry import Lazy, Registry
from sharp_core.evaluation.datasets.entry import DatasetEntry

_HERE = "sharp_core.evaluation.datasets"


def _entry(name: str, label: str, module: str, *recognised_by: str) -> DatasetEntry:
    return DatasetEntry(name, label, recognised_by, Lazy(f"{_HERE}.{module}", "find_samples"))


DATASETS = Registry(
    "data set",
    DatasetEntry,
    lambda: (
        _entry("middlebury", "Middlebury 2014", "middlebury", "**/calib.txt", "**/im1.png"),
        _entry("booster", "Booster", "booster", "**/calib_00-02.xml"),
        _entry("scannetpp", "ScanNet++", "scannetpp", "data/*/dslr/colmap/images.txt"),
        _entry("wildrgbd", "WildRGBD", "wildrgbd", "**/cam_poses.txt"),
        _entry("eth3d", "ETH3D", "eth3d", "*/dslr_calibration_undistorted/cameras.txt"),
        _entry("tanks-and-temples", "Tanks and Temples", "tanks_and_temples", "*/*_COLMAP_SfM.log"),
    ),
)


def dataset_of(paths: Sequence[Path], name: str | None) -> DatasetEntry | None:
    """Return the data set that the paths are; None for paths of other photos.

    Raises UsageError where a data set is named and the paths are not its one folder.
    """
    is_folder = len(paths) == 1 and paths[0].is_dir()
    if name is not None:
        entry = DATASETS.get(name, "--dataset")
        if not is_folder:
            raise UsageError(f"--dataset {name}: give its one folder, and no other path")
        missing = entry.missing_in(paths[0])
        if missing:
            raise UsageError(
                f"{paths[0]} is not {entry.label}: it has no {' and no '.join(missing)}",
                "Give the folder that holds the data set's own folders.",
            )
        return entry
    if not is_folder:
        return None
    return next((entry for entry in DATASETS if entry.recognises(paths[0])), None)

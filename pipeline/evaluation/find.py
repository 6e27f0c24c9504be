"""Which samples an evaluation has: a data set's, or the stereo photos below some paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.decode.stereo import GivenCamera, is_stereo
from pipeline.decode.stereo_layout import JPS_SUFFIX
from pipeline.evaluation.stereo_sample import StereoSample
from pipeline.scan.name_rules import PHOTO_SUFFIXES
from pipeline.scan.scan import check_sources, scan
from schemas.choices import StereoLayout
from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings, StereoSettings
from schemas.reasons import SkipReason
from sharp_core.evaluation.datasets.registry import dataset_of
from sharp_core.evaluation.sample import Sample


def find_samples(
    paths: Sequence[Path], dataset: DatasetSettings, stereo: StereoSettings
) -> list[Sample]:
    """Return the samples of a data set's folder, or of the stereo photos below `paths`.

    Raises UsageError where a path is missing, there are no samples, or a data set lacks files.
    """
    check_sources(paths)
    entry = dataset_of(paths, dataset.dataset)
    if entry is None:
        return stereo_samples(paths, stereo)
    samples: list[Sample] = list(entry.find.get()(paths[0], dataset))
    if not samples:
        raise UsageError(f"{paths[0]}: no pair of {entry.label} fits", "Lower --overlap.")
    return samples


def stereo_samples(paths: Sequence[Path], settings: StereoSettings) -> list[Sample]:
    """Return the stereo photos below `paths`. Raises UsageError where there are none."""
    found = [
        (path, root)
        for root in paths
        for path in _photos(root)
        if settings.layout is not StereoLayout.AUTO or _is_stereo(path)
    ]
    if not found:
        raise UsageError(
            f"no stereo photo in {', '.join(map(str, paths))}",
            "Stereo photos are spatial HEIC, MPO and JPS files, and side-by-side images whose "
            "names say so, such as NAME_SBS.jpg. For other images give --layout.",
        )
    given = given_camera(settings)
    return [StereoSample(path, _name(path, root), given) for path, root in dict(found).items()]


def samples_of_photos(paths: Iterable[str], settings: StereoSettings) -> list[Sample]:
    """Return those photos of a library that are stereo photos."""
    given = given_camera(settings)
    return [
        StereoSample(Path(path), Path(path).with_suffix("").as_posix().lstrip("/"), given)
        for path in paths
        if _is_stereo(Path(path))
    ]


def given_camera(settings: StereoSettings) -> GivenCamera:
    """Return what a person says of all stereo photos."""
    baseline = settings.baseline_mm
    return GivenCamera(settings.layout, baseline / 1000 if baseline else None, settings.focal_35mm)


def _photos(root: Path) -> Iterable[Path]:
    """Return a file, or the images below a folder."""
    for file in scan([root]).files:
        path = Path(file.path)
        is_jps = path.suffix.lower() == JPS_SUFFIX and file.skip is SkipReason.ALREADY_3D
        if is_jps or (file.skip is None and path.suffix.lower() in PHOTO_SUFFIXES):
            yield path


def _is_stereo(path: Path) -> bool:
    try:
        return is_stereo(path, path.read_bytes())
    except OSError:
        return False


def _name(path: Path, root: Path) -> str:
    """Return a photo's path below the folder that was given, without the suffix."""
    folder = root if root.is_dir() else root.parent
    return path.relative_to(folder.resolve()).with_suffix("").as_posix()

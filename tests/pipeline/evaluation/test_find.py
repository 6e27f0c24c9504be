from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.evaluation.find import find_samples, samples_of_photos
from schemas.choices import StereoLayout
from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings, StereoSettings
from tests.support.made_datasets import make_middlebury
from tests.support.stereo_folder import make_stereo_folder

ANY, NOTHING = DatasetSettings(), StereoSettings()


def test_stereo_photos_are_found_below_folders(tmp_path: Path) -> None:
    samples = find_samples([make_stereo_folder(tmp_path / "in")], ANY, NOTHING)
    names = {"garden_LRF_Full_SBS", "spatial", "trip/camera", "trip/old"}
    assert {sample.name for sample in samples} == names
    assert {sample.dataset for sample in samples} == {"stereo-photos"}


def test_files_may_be_named_and_count_once(tmp_path: Path) -> None:
    folder = make_stereo_folder(tmp_path / "in")
    samples = find_samples([folder / "trip" / "camera.mpo", folder / "trip"], ANY, NOTHING)
    assert [sample.files[0].name for sample in samples] == ["camera.mpo", "old.jps"]


def test_a_given_layout_takes_every_image(tmp_path: Path) -> None:
    folder = make_stereo_folder(tmp_path / "in")
    settings = StereoSettings(StereoLayout.SBS, baseline_mm=60)
    (sample,) = find_samples([folder / "plain.jpg"], ANY, settings)
    views = sample.read()
    assert views.source.image.shape == (288, 192, 3)
    (target,) = views.targets
    assert target.picture.camera.viewmat[0, 3] == -0.06


def test_without_any_the_error_says_what_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UsageError, match="no stereo photo") as caught:
        find_samples([tmp_path], ANY, NOTHING)
    assert "spatial HEIC" in caught.value.hint
    with pytest.raises(UsageError, match="does not exist"):
        find_samples([tmp_path / "none"], ANY, NOTHING)


def test_a_data_set_is_recognised(tmp_path: Path) -> None:
    make_middlebury(tmp_path)
    (sample,) = find_samples([tmp_path], ANY, NOTHING)
    assert sample.dataset == "middlebury"


def test_of_a_librarys_photos_the_stereo_ones_count(tmp_path: Path) -> None:
    folder = make_stereo_folder(tmp_path / "in")
    paths = [str(path) for path in sorted(folder.rglob("*.*"))]
    names = [s.files[0].name for s in samples_of_photos([*paths, "/gone.heic"], NOTHING)]
    assert names == ["garden_LRF_Full_SBS.jpg", "spatial.heic", "camera.mpo", "old.jps"]

"""Scenes travel to the encoder in the form of their format, whichever format that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.flow.pack_scene import ScenePacker
from pipeline.scenes.write import LibrarySceneWriter, SingleSceneWriter
from pipeline.store.store import Store
from schemas.records import DecodedPhoto, FocalLength, FocalSource, PhotoMeta, StoredFile
from schemas.settings import SplatSettings
from sharp_core.formats.registry import FORMATS, PreparedScene
from sharp_core.models.registry import MODELS
from sharp_core.quality.coarse_scene import coarse_bytes
from tests.support.clouds import INFO, cloud, written
from tests.support.faulty_stages import photo
from tests.support.halved_format import HALVED

PHOTO = DecodedPhoto(
    photo("0"),
    PhotoMeta(),
    FocalLength(50.0, FocalSource.DEFAULT),
    64,
    64,
    StoredFile("", 0, ""),
    0.0,
)


@pytest.fixture
def halved() -> Iterator[str]:
    FORMATS.register(HALVED)
    yield HALVED.name
    FORMATS.unregister(HALVED.name)


def test_a_format_with_a_preparation_is_packed_by_it_and_written_without_gaussians(
    halved: str, tmp_path: Path
) -> None:
    settings = SplatSettings(halved)
    packed = ScenePacker(settings).pack(cloud(100), PHOTO, INFO)
    assert isinstance(packed.content, PreparedScene)
    assert packed.content.content.nbytes == 28 * 100
    with pytest.raises(TypeError, match="no Gaussians any more"):
        packed.to_gaussians()
    stored = LibrarySceneWriter(Store(tmp_path), settings).write("ab" * 16, packed.content, INFO)
    assert (tmp_path / stored.path).read_bytes() == written(cloud(100), halved)
    SingleSceneWriter(tmp_path / "x.halved", halved).write("0", packed.content, INFO)
    assert (tmp_path / "x.halved").read_bytes() == written(cloud(100), halved)


def test_other_formats_and_previews_keep_floats(halved: str) -> None:
    for packer in (ScenePacker(SplatSettings("ply")), ScenePacker(SplatSettings(halved), True)):
        packed = packer.pack(cloud(100), PHOTO, INFO)
        assert not isinstance(packed.content, PreparedScene)
        assert len(packed.to_gaussians()) == packed.gaussians == 100


def test_the_usual_size_is_that_of_the_models_scenes(halved: str) -> None:
    gaussians = MODELS.get("sharp").gaussians
    coarse = coarse_bytes(gaussians)
    for each, packer in (
        (28, ScenePacker(SplatSettings(halved))),
        (17, ScenePacker(SplatSettings("sog"))),
        (56, ScenePacker(SplatSettings("sog"), True)),
    ):
        assert packer.usual_bytes(gaussians) == each * gaussians + coarse

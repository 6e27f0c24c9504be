from pathlib import Path

import pytest

from jobs.commands.train_config import TrainConfig, read_train_config, training_settings
from schemas.choices import LengthUnit
from schemas.errors import UsageError
from schemas.training_settings import Ablation, Start, TrainChoices, TrainPreset


def read(tmp_path: Path, text: str) -> TrainConfig:
    path = tmp_path / "train.toml"
    path.write_text(text)
    return read_train_config(path)


REAL = """
preset = "sharp"
start = "depth-pro"
weights = "depth_pro.pt"
resnet = "resnet50.pth"
[losses]
depth = 0.3
[optimizer]
clip = 0.5
[data]
scenes = 10
pairs = "wildrgbd"
unit = "m"
[data.query]
camera = "X100"
"""


def test_a_file_changes_what_it_names_and_leaves_the_preset_otherwise(tmp_path):
    config = read(tmp_path, REAL)
    settings = training_settings(config, TrainChoices())
    assert settings.preset is TrainPreset.SHARP
    assert settings.start is Start.DEPTH_PRO
    assert settings.weights == tmp_path / "depth_pro.pt"  # relative to the file
    assert (settings.losses.depth, settings.losses.perceptual) == (0.3, 3.0)
    assert (settings.optimizer.clip, settings.optimizer.rate) == (0.5, 1.6e-4)
    assert config.data.scenes == 10
    assert config.data.pairs == tmp_path / "wildrgbd"
    assert config.data.unit is LengthUnit.M
    assert config.data.query.camera == "X100"


STAGE_2 = """
stage = 2
start = "sharp"
weights = "sharp.pt"
ablation = ["no-perceptual", "no-scale-map"]
render_side = 96
[data]
photos = ["trips"]
library = "photos"
catalog = "postgresql+psycopg://me@db/photos"
dataset = "eth3d"
[data.query]
rating = 4
one_per_group = true
[pseudo_view]
teacher_depth = false
"""


def test_a_file_for_stage_2(tmp_path):
    config = read(tmp_path, STAGE_2)
    settings = training_settings(config, TrainChoices())
    assert settings.ablation == (Ablation.NO_PERCEPTUAL, Ablation.NO_SCALE_MAP)
    assert (settings.stage, settings.side, settings.optimizer.rate) == (2, 96, 2e-4)
    assert not settings.pseudo_view.teacher_depth
    assert config.data.photos == (tmp_path / "trips",)
    assert config.data.library == tmp_path / "photos"
    assert config.data.catalog == "postgresql+psycopg://me@db/photos"
    assert (config.data.query.rating, config.data.query.one_per_group) == (4, True)


def test_a_partial_table_keeps_the_values_of_the_preset_tiny(tmp_path):
    settings = training_settings(read(tmp_path, "[optimizer]\nclip = 0.5\n"), TrainChoices())
    assert (settings.optimizer.clip, settings.optimizer.rate) == (0.5, 2e-3)
    assert settings.losses.perceptual == 0.0


def test_options_override_the_file(tmp_path):
    config = read(tmp_path, REAL)
    choices = TrainChoices(steps=7, seed=0, ablation=(Ablation.NO_GRAM,), preset=TrainPreset.TINY)
    settings = training_settings(config, choices)
    assert (settings.steps, settings.seed) == (7, 0)
    assert settings.preset is TrainPreset.TINY
    assert settings.gram == 0.0


def test_paths_of_options_are_absolute_for_workers_elsewhere(tmp_path):
    choices = TrainChoices(start=Start.SHARP, weights=Path("sharp.pt"))
    assert training_settings(TrainConfig(), choices).weights == Path.cwd() / "sharp.pt"


def test_without_a_file_it_is_a_trial_of_the_preset_tiny():
    settings = training_settings(TrainConfig(), TrainChoices())
    assert settings.preset is TrainPreset.TINY
    assert settings.start is Start.FRESH


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("stepz = 3", "line 1: stepz"),
        ("[optimizer]\nclip = 'a'", "line 2: optimizer.clip"),
        ("steps = 0", "line 1: steps"),
        ("preset = 'small'", "line 1: preset"),
        ("[losses]\ncolor = -1.0", "weight of the loss color"),
        ("seed = -1", "line 1: seed: .*at least 0"),
        ("render_side = 0", "line 1: render_side: "),
        ("[optimizer]\nrate = -1.0", "line 2: optimizer.rate: "),
        ("[optimizer]\nbeta1 = 1.5", "line 2: optimizer.beta1: "),
        ("[optimizer]\nclip = 0.0", "line 2: optimizer.clip: "),
        ("[pseudo_view]\ntries = 0", "line 2: pseudo_view.tries: "),
    ],
)
def test_mistakes_name_line_and_key(tmp_path, text, problem):
    with pytest.raises(UsageError, match=problem):
        training_settings(read(tmp_path, text), TrainChoices())

from pathlib import Path

import pytest

from schemas.errors import UsageError
from schemas.training_settings import Ablation, Start, TrainDType, TrainPreset
from sharp_core.training.sharp.losses.weights import LossWeights
from sharp_core.training.sharp.settings import TrainingSettings, preset_settings

RESNET = Path("resnet50.pth")


def test_the_preset_sharp_is_the_paper():
    settings = TrainingSettings(**preset_settings(TrainPreset.SHARP), resnet=RESNET)
    assert settings.weighted == LossWeights(1.0, 3.0, 1.0, 0.2, 1.0, 0.5, 1.0, 1.0, 0.1, 5.0)
    assert (settings.schedule.warm_up_steps, settings.steps) == (10_000, 100_000)
    assert settings.side == 768
    assert preset_settings(TrainPreset.SHARP, 2)["steps"] == 60_000


def test_the_preset_tiny_needs_no_file_and_takes_the_perceptual_loss_with_one():
    assert TrainingSettings(**preset_settings(TrainPreset.TINY)).weighted.perceptual == 0.0
    values = preset_settings(TrainPreset.TINY, has_resnet=True)
    assert TrainingSettings(**values, resnet=RESNET).weighted.perceptual == 3.0


def test_bf16_is_refused_with_the_reason_unless_asked_for():
    values = preset_settings(TrainPreset.TINY)
    with pytest.raises(UsageError, match="unstable") as error:
        TrainingSettings(**values, dtype=TrainDType.BF16)
    assert "--allow-bf16" in error.value.hint
    TrainingSettings(**values, dtype=TrainDType.BF16, allow_bf16=True)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"preset": TrainPreset.SHARP}, "ResNet-50"),
        ({"start": Start.SHARP}, "needs a checkpoint"),
        ({"weights": Path("sharp.pt")}, "starts fresh"),
        ({"stage": 2}, "its teacher"),
        ({"stage": 3}, "stage"),
        ({"steps": 0}, "steps"),
    ],
)
def test_what_makes_no_sense_together_is_a_usage_error(values, problem):
    with pytest.raises(UsageError, match=problem):
        TrainingSettings(**{**preset_settings(TrainPreset.TINY), "losses": LossWeights(), **values})


def test_ablations_leave_losses_out():
    values = {**preset_settings(TrainPreset.TINY), "losses": LossWeights(), "resnet": RESNET}

    def weighted(*ablation: Ablation) -> LossWeights:
        return TrainingSettings(**values, ablation=ablation).weighted

    every = (Ablation.NO_PERCEPTUAL, Ablation.NO_DEPTH_LOSS, Ablation.NO_REGULARIZERS)
    found = weighted(*every, Ablation.NO_SCALE_MAP)
    assert found == LossWeights(1.0, 0.0, 1.0, *[0.0] * 7)  # color and alpha: table 8, first row
    assert weighted(Ablation.ONE_LAYER).tv == 0.0
    assert TrainingSettings(**values, ablation=(Ablation.NO_GRAM,)).gram == 0.0


def test_a_weight_below_zero_is_refused():
    with pytest.raises(UsageError, match="alpha"):
        LossWeights(alpha=-1.0)

"""The network at its smallest, with stand-in weights."""

import pytest
import torch

from sharp_core.models.sharp.predictor import SharpPredictor
from tests.support import stand_in


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    torch.save(stand_in.weights("tiny"), path)
    return path


@pytest.fixture
def predictor(checkpoint):
    return SharpPredictor.load(checkpoint, "tiny", dtype="fp32")

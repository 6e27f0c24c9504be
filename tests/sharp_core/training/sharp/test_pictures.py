import numpy as np
import torch
from PIL import Image

from sharp_core.models.sharp.network.model import NetworkStages
from sharp_core.models.two_layer.base_gaussians import base_gaussians, normalize_depth
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, compose
from sharp_core.training.sharp.pictures import make_sample, save_samples
from sharp_core.training.sharp.prepare import NetworkInput, PreparedPairs
from tests.support.training_scenes import SquarePairs

SIDE = 64


def predictor(depth_m: torch.Tensor):
    """A model that always predicts this depth and leaves the base Gaussians as they are."""

    def predict(seen: NetworkInput) -> NetworkStages:
        assert seen.true_depth is None  # as in use
        depth = depth_m.expand(1, 2, SIDE, SIDE)
        normalized = normalize_depth(depth)
        base = base_gaussians(seen.image, normalized)
        deltas = torch.zeros(1, DELTA_CHANNELS, 2, SIDE // 2, SIDE // 2)
        deltas[:, 3:6], deltas[:, 13] = -0.5, 4.0  # small and opaque
        ones = torch.ones(1, 1, SIDE, SIDE)
        scene = compose(base, deltas)
        return NetworkStages(scene, depth, ones, depth, normalized, base, deltas)

    return predict


def test_a_better_depth_scores_higher_and_the_page_shows_it(tmp_path):
    pair = PreparedPairs(SquarePairs(SIDE, 0.5), SIDE, SIDE, 0.0, 0)[1]
    right, wrong = (
        make_sample(predictor(depth), pair)
        for depth in (pair.seen.true_depth, 4 * pair.seen.true_depth)
    )
    assert right.psnr_db > wrong.psnr_db + 1
    page = tmp_path / "page.png"
    save_samples([right, wrong], page, "two of them")
    with Image.open(page) as image:
        pixels = np.asarray(image)
    assert pixels.shape[1] >= 6 * SIDE
    truth = right.pictures[1]
    assert np.array_equal(pixels[36 : 36 + SIDE, SIDE + 4 : 2 * SIDE + 4], truth)
    assert not list(tmp_path.glob("*.part"))


def test_depths_share_their_colours():
    pair = PreparedPairs(SquarePairs(SIDE, 0.5), SIDE, SIDE, 0.0, 0)[1]
    sample = make_sample(predictor(pair.seen.true_depth), pair)
    assert np.array_equal(sample.pictures[4], sample.pictures[5])

import numpy as np
import torch

from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import PosedPicture
from sharp_core.training.sharp.prepare import PreparedPairs, network_input, true_view
from tests.support.training_scenes import SquarePairs


def wide_picture() -> PosedPicture:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
    depth = np.full((60, 90), 2.0, np.float32)
    depth[:30] = np.inf
    depth[:, :45] = np.nan
    return PosedPicture(image, Camera(Intrinsics.of_photo(80.0, 90, 60), np.eye(4)), depth)


def test_the_network_sees_a_square_and_its_focal_length_in_widths():
    seen = network_input(wide_picture(), 128)
    assert seen.image.shape == (1, 3, 128, 128)
    torch.testing.assert_close(seen.disparity_factor, torch.tensor([80 / 90]))
    assert seen.true_depth.shape == (1, 1, 128, 128)
    assert (seen.true_depth[0, 0, :, :60] == 0).all()  # not known
    assert (seen.true_depth[0, 0, :60, 70:] == torch.inf).all()  # the sky
    assert (seen.true_depth[0, 0, 70:, 70:] == 2).all()


def test_losses_see_the_photos_shape():
    view = true_view(wide_picture(), 45)
    assert view.picture.shape == (3, 30, 44)  # even sides
    assert view.depth.shape == (30, 44)
    seen = view.camera.intrinsics
    assert (seen.width, seen.height) == (44, 30)
    assert seen.cx == 22
    torch.testing.assert_close(seen.fx / seen.width, 80 / 90)
    # A mean of what was there: no ringing, no aliases.
    plain = torch.from_numpy(wide_picture().image).float().mean() / 255
    assert abs(view.picture.mean() - plain) < 0.01


def test_a_picture_is_never_enlarged():
    assert true_view(wide_picture(), 500).picture.shape == (3, 60, 90)


def test_samples_depend_on_their_number_alone():
    data = PreparedPairs(SquarePairs(32), 64, 32, 0.5, 0)
    first, again = data[5], data[5]
    assert torch.equal(first.seen.image, again.seen.image)
    assert torch.equal(first.target.picture, again.target.picture)
    assert not torch.equal(first.target.picture, data[6].target.picture)

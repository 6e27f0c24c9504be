import pytest
import torch

from sharp_core.models.small.config import CLASS_NAMES, STRIDE, SmallConfig, input_size
from sharp_core.models.small.network import SmallNetwork, fold_batch_norms
from tests.support.small_model import vary_batch_norms


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 160), (384, 96), (96, 224)])
@torch.inference_mode()
def test_outputs_have_half_the_size_at_any_aspect(height, width):
    output = SmallNetwork().eval()(torch.rand(2, 3, height, width))
    assert output.inverse_depth.shape == (2, 1, height // 2, width // 2)
    assert output.class_logits.shape == (2, len(CLASS_NAMES), height // 2, width // 2)
    assert output.inverse_depth.isfinite().all()


@pytest.mark.parametrize("shape", [(1, 3, 33, 64), (1, 3, 64, 48), (1, 1, 64, 64), (3, 64, 64)])
def test_other_shapes_are_refused_with_both_sizes(shape):
    with pytest.raises(ValueError, match=r"multiples of 32.*found"):
        SmallNetwork()(torch.rand(*shape))


@torch.inference_mode()
def test_folding_changes_outputs_by_rounding_alone():
    network = vary_batch_norms(SmallNetwork()).eval()
    photo = torch.rand(1, 3, 64, 96)
    before = network(photo)
    after = fold_batch_norms(network)(photo)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules())
    for a, b in zip(before, after, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3 * a.abs().max().item())


def test_the_decoder_is_light_and_the_whole_fits_eight_megabytes():
    network = SmallNetwork()
    decoder = sum(p.numel() for p in network.decoder.parameters())
    decoder += sum(p.numel() for p in network.head.parameters())
    assert 100_000 < decoder < 500_000
    assert 2 * sum(t.numel() for t in network.state_dict().values()) < 8_000_000


def test_features_are_those_of_efficientnet_lite0():
    assert SmallNetwork().encoder.kept_channels == [32, 16, 24, 40, 112, 320]
    blocks = sum(stage.blocks for stage in SmallConfig().stages)
    assert blocks == 16


@pytest.mark.parametrize("long_side", [384, 448, 512])
@pytest.mark.parametrize(("height", "width"), [(3024, 4032), (4032, 3024), (100, 5000), (7, 7)])
def test_input_sizes_keep_the_aspect_to_half_a_stride(height, width, long_side):
    size = input_size(height, width, long_side)
    assert max(size.height, size.width) == long_side
    assert size.height % STRIDE == size.width % STRIDE == 0
    wanted = long_side * min(height, width) / max(height, width)
    short = min(size.height, size.width)
    assert abs(short - wanted) <= STRIDE / 2 or short == STRIDE


def test_a_long_side_off_the_stride_is_refused():
    with pytest.raises(
        ValueError, match="long_side: expected a positive multiple of 32, found 400"
    ):
        input_size(100, 100, 400)

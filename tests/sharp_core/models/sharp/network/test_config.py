from dataclasses import replace

import pytest

from sharp_core.models.sharp.network.config import PRESETS


def test_the_published_network_has_the_published_number_of_gaussians():
    sharp = PRESETS["sharp"]
    assert sharp.resolution == 1536
    assert sharp.gaussians == 1_179_648


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"image_size": 392}, "image_size 392"),
        ({"heads": 7}, "width 1024"),
        ({"taps": (11, 5)}, "taps"),
        ({"taps": (5, 24)}, "taps"),
    ],
)
def test_sizes_that_do_not_fit_together_are_refused(change, field):
    with pytest.raises(ValueError, match=field):
        replace(PRESETS["sharp"].vit, **change)


def test_the_finest_map_must_fit_the_depth_decoder():
    with pytest.raises(ValueError, match="256 must be the decoder's 128"):
        replace(PRESETS["sharp"], depth_decoder_width=128)

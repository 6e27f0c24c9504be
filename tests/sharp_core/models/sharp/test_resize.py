import pytest
import torch
from torch.nn import functional

from sharp_core.models.sharp.resize import resize_to_square


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (64, 64), (1, 5), (4000, 30), (50, 9001)])
def test_resize_matches_torch_bilinear_interpolation(size):
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (*size, 3), dtype=torch.uint8)
    planes = pixels.permute(2, 0, 1)[None].float() / 255
    expected = functional.interpolate(planes, (64, 64), mode="bilinear", align_corners=True)[0]
    torch.testing.assert_close(resize_to_square(pixels, 64), expected, rtol=0, atol=1e-6)


def test_corners_stay_corners():
    pixels = torch.zeros(30, 40, 3, dtype=torch.uint8)
    pixels[0, 0], pixels[-1, -1] = 255, 51
    square = resize_to_square(pixels, 7)
    assert square[:, 0, 0].tolist() == [1.0] * 3
    torch.testing.assert_close(square[:, -1, -1], torch.full((3,), 0.2))

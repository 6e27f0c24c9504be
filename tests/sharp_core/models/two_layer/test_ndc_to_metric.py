import itertools
import math

import pytest
import torch

from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.models.two_layer.ndc_to_metric import Shapes, covariances, ndc_to_metric, stretch

# Half the photo's width and height over its focal length: from a long lens to a fisheye's 150
# degrees, a square photo, and one stretched more along one axis than the other.
FACTORS = [(0.5, 0.375, 1.0), (0.03, 0.04, 1.0), (3.7, 2.8, 1.0), (0.2, 3.0, 1.0), (1.0, 1.0, 1.0)]


def random_shapes(count: int = 2000, spread: float = 1.0, seed: int = 0) -> Shapes:
    """Return random orientations with scales about e^spread apart."""
    generator = torch.Generator().manual_seed(seed)
    scales = torch.exp(spread * torch.randn(count, 3, generator=generator))
    return Shapes(torch.randn(count, 4, generator=generator), scales)


def exact(shapes: Shapes, factors: tuple[float, float, float]) -> torch.Tensor:
    """Return covariances after stretching, in float64."""
    matrix = torch.diag(torch.tensor(factors, dtype=torch.float64))
    return matrix @ in_float64(shapes) @ matrix


def in_float64(shapes: Shapes) -> torch.Tensor:
    return covariances(Shapes(shapes.quats.double(), shapes.scales.double()))


def worst_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Return the largest error of one Gaussian, relative to its own covariance."""
    norm = torch.linalg.matrix_norm
    return float((norm(found - expected) / norm(expected)).max())


@pytest.mark.parametrize("spread", [0.01, 1.0, 3.0, 7.0])
@pytest.mark.parametrize("factors", FACTORS)
def test_stretched_covariances_match_float64(factors, spread):
    shapes = random_shapes(spread=spread)
    assert worst_error(in_float64(stretch(shapes, factors)), exact(shapes, factors)) < 1e-4


@pytest.mark.parametrize("factors", FACTORS)
def test_scales_match_the_singular_values_in_float64(factors):
    shapes = random_shapes(spread=1.5)
    values = torch.linalg.eigvalsh(exact(shapes, factors)).sqrt()
    found = stretch(shapes, factors).scales.double().sort(dim=1).values
    torch.testing.assert_close(found, values, rtol=1e-4, atol=0.0)


@pytest.mark.parametrize("ratio", [1e-6, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("factors", FACTORS)
def test_flat_long_and_round_gaussians_keep_their_small_scales(factors, ratio):
    """The product of the scales is a volume: it grows by the product of the factors."""
    shapes = Shapes(random_shapes().quats, torch.tensor([[1.0, 1.0, ratio]]).expand(2000, 3))
    found = stretch(shapes, factors)
    volume = found.scales.double().prod(dim=1)
    expected = torch.full_like(volume, ratio * math.prod(factors))
    torch.testing.assert_close(volume, expected, rtol=1e-4, atol=0.0)
    assert worst_error(in_float64(found), exact(shapes, factors)) < 1e-4


@pytest.mark.parametrize("scales", [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 2.0, 0.0)])
def test_gaussians_without_extent_stay_finite_and_proper(scales):
    shapes = Shapes(random_shapes().quats, torch.tensor([scales]).expand(2000, 3))
    found = stretch(shapes, (0.5, 0.375, 1.0))
    assert torch.isfinite(found.quats).all()
    assert torch.isfinite(torch.log(found.scales)).all()
    torch.testing.assert_close(found.quats.norm(dim=1), torch.ones(2000))
    error = in_float64(found) - exact(shapes, (0.5, 0.375, 1.0))
    assert float(error.abs().max()) < 1e-5


def test_a_quaternion_of_length_zero_counts_as_no_rotation():
    found = stretch(Shapes(torch.zeros(1, 4), torch.ones(1, 3)), (2.0, 3.0, 4.0))
    assert found.quats.tolist() == [[1.0, 0.0, 0.0, 0.0]]
    assert found.scales.tolist() == [[2.0, 3.0, 4.0]]


def test_the_length_of_quaternions_does_not_matter():
    shapes = random_shapes()
    longer = stretch(Shapes(3.0 * shapes.quats, shapes.scales), (0.5, 0.375, 1.0))
    assert worst_error(in_float64(longer), exact(shapes, (0.5, 0.375, 1.0))) < 1e-5


def test_stretch_is_invertible():
    shapes = random_shapes()
    back = stretch(stretch(shapes, (0.5, 0.25, 2.0)), (2.0, 4.0, 0.5))
    assert worst_error(in_float64(back), in_float64(shapes)) < 1e-5


@pytest.mark.parametrize("factors", FACTORS)
def test_the_result_has_the_smallest_rotation_of_all_equal_forms(factors):
    found = stretch(random_shapes(spread=0.5), factors)
    torch.testing.assert_close(found.quats.norm(dim=1), torch.ones(2000))
    products = found.quats @ _cube_rotations().t()  # w of the 24 forms, up to sign
    assert (found.quats[:, :1] >= products.abs() - 1e-6).all()


def test_gaussians_are_independent_of_their_order():
    shapes = random_shapes(count=70_000)  # more than go at once
    whole = stretch(shapes, (0.5, 0.375, 1.0))
    part = stretch(Shapes(shapes.quats[65_000:], shapes.scales[65_000:]), (0.5, 0.375, 1.0))
    torch.testing.assert_close(part.quats, whole.quats[65_000:])
    torch.testing.assert_close(part.scales, whole.scales[65_000:])


def test_an_empty_scene_is_accepted():
    found = stretch(random_shapes(count=0), (0.5, 0.375, 1.0))
    assert found.quats.shape == (0, 4)
    assert found.scales.shape == (0, 3)


def test_factors_must_be_above_zero():
    with pytest.raises(ValueError, match="above zero"):
        stretch(random_shapes(), (0.5, 0.0, 1.0))


def test_nan_stays_nan():
    """It must not become an ordinary-looking Gaussian: `Gaussians.check` finds it."""
    shapes = Shapes(torch.ones(2, 4), torch.tensor([[1.0, float("nan"), 1.0], [1.0, 1.0, 1.0]]))
    found = stretch(shapes, (0.5, 0.375, 1.0))
    assert torch.isnan(found.scales[0]).any()
    assert torch.isfinite(found.scales[1]).all()


def test_the_corners_of_the_photo_have_the_right_direction():
    corners = torch.tensor([[-1.0, -1.0, 1.0], [1.0, 1.0, 1.0]]) * 2.0  # two metres away
    shapes = random_shapes(count=2)
    ndc = NdcGaussians(
        corners[None],
        shapes.quats[None],
        shapes.scales[None],
        torch.ones(1, 2),
        torch.ones(1, 2, 3),
    )
    scene = ndc_to_metric(ndc, 0, focal_px=800.0, width=640, height=480)
    x, y = 2 * 320 / 800, 2 * 240 / 800
    torch.testing.assert_close(scene.means, torch.tensor([[-x, -y, 2.0], [x, y, 2.0]]))
    scene.check()


def _cube_rotations() -> torch.Tensor:
    """Return the 24 rotations of a cube as quaternions, up to sign (24, 4)."""
    half, root = 0.5, math.sqrt(0.5)
    units = [tuple(float(i == k) for i in range(4)) for k in range(4)]
    pairs = [
        tuple({i: root, j: sign * root}.get(k, 0.0) for k in range(4))
        for i, j in itertools.combinations(range(4), 2)
        for sign in (1, -1)
    ]
    thirds = [(half, *signs) for signs in itertools.product((half, -half), repeat=3)]
    return torch.tensor(units + pairs + thirds)

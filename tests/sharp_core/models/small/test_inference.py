import numpy as np
import pytest
import torch

from sharp_core.models.small.inference import SmallDepth, network_input
from sharp_core.models.small.network import SmallNetwork
from sharp_core.models.small.weights import BUNDLED, write_weights
from tests.support.small_model import vary_batch_norms


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "weights.safetensors"
    write_weights(vary_batch_norms(SmallNetwork()).state_dict(), path)
    return path


def photo(height, width):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(300, 400), (400, 300)])
def test_the_same_photo_gives_the_same_bytes_on_any_number_of_threads(weights, size):
    threads = torch.get_num_threads()
    results = []
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            prediction = SmallDepth(weights, 256)(photo(*size))
            results.append(
                prediction.inverse_depth.tobytes() + prediction.class_probabilities.tobytes()
            )
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(threads)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    "detail, size",
    [(0, (32, 64)), (512, (128, 256)), (4096, (160, 304))],
    ids=["none", "wanted", "as much as the photo has"],
)
def test_predictions_have_the_photos_aspect_and_probabilities_add_up(weights, detail, size):
    prediction = SmallDepth(weights, 128, detail)(photo(240, 480))
    assert prediction.inverse_depth.shape == size
    assert prediction.class_probabilities.shape == (4, *size)
    np.testing.assert_allclose(prediction.class_probabilities.sum(axis=0), 1.0, rtol=1e-5)


def test_input_pixels_are_a_batch_of_one_between_0_and_1():
    batch = network_input(np.full((50, 80, 3), 255, np.uint8), 128)
    assert batch.shape == (1, 3, 96, 128) or batch.shape == (1, 3, 64, 128)
    assert torch.all(batch == 1.0)


def test_the_bundled_weights_load_and_order_a_simple_scene():
    # Blue sky above a green field: the field is nearer towards its lower edge.
    picture = np.zeros((96, 128, 3), np.uint8)
    picture[:48] = (120, 170, 235)
    shade = np.random.default_rng(0).integers(-25, 25, (48, 128, 1))
    picture[48:] = np.clip(np.array([70, 120, 50]) + shade, 0, 255)
    prediction = SmallDepth()(picture)
    rows = prediction.inverse_depth.mean(axis=1)
    assert rows[-10] > rows[len(rows) // 2 + 10] > rows[10]
    assert prediction.class_probabilities[0, 20].mean() > 0.5
    assert BUNDLED.stat().st_size <= 8_000_000

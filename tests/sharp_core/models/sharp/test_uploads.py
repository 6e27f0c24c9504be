"""Photos that are copied to the device before their turn give the scenes that they give without."""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from sharp_core.models.interface import PredictorInput, Uploading
from sharp_core.models.sharp.predictor import SharpPredictor
from sharp_core.models.sharp.uploads import Pixels, Uploads
from tests.support import stand_in


class LateLane:
    """Copies nothing before someone waits for it: whoever reads without waiting reads noise."""

    def __init__(self, room: int = 100) -> None:
        self.room = room  # for so many copies
        self.waited: list[tuple[int, ...]] = []  # the sizes that were waited for

    def copy(self, pixels: Pixels) -> Callable[[], Tensor]:
        if self.room == 0:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.room -= 1
        copied = torch.randint(0, 255, pixels.shape, dtype=torch.uint8)

        def arrival() -> Tensor:
            self.waited.append(pixels.shape[:2])
            return copied.copy_(torch.from_numpy(np.array(pixels)))

        return arrival


def photos_of(*sizes: tuple[int, int]) -> list[PredictorInput]:
    return [
        PredictorInput(stand_in.photo(height, width, f"{height} {width}"), 0.8 * width)
        for height, width in sizes
    ]


def pixels_of(photos: Sequence[PredictorInput]) -> list[Pixels]:
    return [photo.pixels for photo in photos]


def squares(predictor: SharpPredictor, photos: Sequence[PredictorInput]) -> list[Tensor]:
    """Return what the network is given of each photo, without running it."""
    return [predictor._square(photo) for photo in photos]


def assert_equal(found: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    assert len(found) == len(expected)
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_the_scene_is_the_same(predictor):
    photos = photos_of((64, 96))
    (expected,) = predictor.predict(photos)
    predictor._uploads = Uploads(lane := LateLane())
    as_interface: Uploading = predictor
    with as_interface.uploading(pixels_of(photos)):
        (scene,) = predictor.predict(photos)
    assert lane.waited == [(64, 96)]
    assert_equal([scene.means, scene.colors], [expected.means, expected.colors])


def test_the_next_batch_is_copied_before_the_turn_of_this_one(predictor):
    first, second = photos_of((64, 96), (32, 40)), photos_of((48, 64), (40, 32))
    expected = squares(predictor, [*first, *second])
    predictor._uploads = Uploads(lane := LateLane())
    with predictor.uploading(pixels_of(first)), predictor.uploading(pixels_of(second)):
        assert lane.room == 96  # all four were started
        assert lane.waited == []
        found = squares(predictor, first)
        assert lane.waited == [(64, 96), (32, 40)]  # nobody waits for the second batch
        found += squares(predictor, second)
    assert_equal(found, expected)


def test_flipped_and_read_only_photos_are_copied_as_they_look(predictor):
    flipped = np.rot90(stand_in.photo(40, 64), 2)
    flipped.flags.writeable = False
    photo = PredictorInput(flipped, 50.0)
    expected = squares(predictor, [photo])
    predictor._uploads = Uploads(LateLane())
    with predictor.uploading([flipped]):
        assert_equal(squares(predictor, [photo]), expected)


def test_photos_for_which_there_is_no_room_are_copied_in_their_turn(predictor):
    photos = photos_of((64, 96), (48, 64), (40, 32))
    expected = squares(predictor, photos)
    predictor._uploads = Uploads(lane := LateLane(room=1))
    with predictor.uploading(pixels_of(photos)):
        assert_equal(squares(predictor, photos), expected)
    assert lane.waited == [(64, 96)]


def test_a_batch_is_forgotten_at_its_end_even_if_it_failed():
    uploads, (photo,) = Uploads(LateLane()), photos_of((32, 40))
    with pytest.raises(ValueError, match="broken"), uploads.of([photo.pixels]):
        assert uploads.find(photo.pixels) is not None
        assert uploads.find(photo.pixels.copy()) is None  # equal, but another array
        raise ValueError("broken")
    assert uploads.find(photo.pixels) is None


def test_on_a_cpu_nothing_is_copied(predictor):
    (photo,) = photos_of((32, 40))
    with predictor.uploading([photo.pixels]):
        assert predictor._uploads.find(photo.pixels) is None


@pytest.mark.gpu
def test_two_threads_on_a_gpu_give_the_same_scenes(checkpoint, predictor):
    batches = [photos_of((3000 + 8 * index, 4000), (1000, 700 + index)) for index in range(6)]
    expected = [squares(predictor, batch) for batch in batches]
    on_gpu = SharpPredictor.load(checkpoint, "tiny", device="cuda", dtype="fp32", batch_size=2)
    found: list[list[Tensor]] = [[] for _ in batches]
    one_at_a_time = threading.Lock()

    def work(indices: range) -> None:
        for index in indices:
            with on_gpu.uploading(pixels_of(batches[index])), one_at_a_time:
                on_gpu.predict(batches[index])
                found[index] = [square.cpu() for square in squares(on_gpu, batches[index])]

    threads = [threading.Thread(target=work, args=(range(first, 6, 2),)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for some, others in zip(found, expected, strict=True):
        for square, other in zip(some, others, strict=True):
            torch.testing.assert_close(square, other, rtol=0, atol=1e-6)

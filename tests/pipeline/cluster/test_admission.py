"""Which photos may begin, without a cluster."""

from __future__ import annotations

import pytest

from pipeline.cluster.admission import Admission, InFlight
from pipeline.cluster.object_store_budget import ObjectStoreBudget
from pipeline.cluster.resources import Resources
from pipeline.work.stop import Stop
from tests.support.faulty_stages import photo

SCENE_BYTES = 20_000_000
LARGE = Resources(predictors=1, gpus_per_predictor=0.0, cores=4, nodes=1, object_store_bytes=10**10)


def admission(count: int = 10, resources: Resources = LARGE, stop: Stop | None = None) -> Admission:
    photos = (photo(f"{index}") for index in range(count))
    return Admission(photos, stop or Stop(), resources, batch_size=2, scene_bytes=SCENE_BYTES)


@pytest.mark.parametrize(
    ("in_flight", "has_begun", "begins"),
    [
        (InFlight(), False, True),
        (InFlight(decoding=1), False, True),
        (InFlight(decoding=2), False, False),  # cores are left for the first photo's other stages
        (InFlight(decoding=2), True, True),
        (InFlight(decoding=6), True, False),  # the queue before decoding is short
        (InFlight(decoding=1, ready=6, decoded=6), True, True),
        (InFlight(decoding=1, ready=7, decoded=7), True, False),  # cores and two batches
    ],
)
def test_the_window_is_as_large_as_the_cluster(
    in_flight: InFlight, has_begun: bool, begins: bool
) -> None:
    task = admission().next_photo(in_flight, has_begun=has_begun)
    assert (task is not None) is begins


def test_a_photo_waits_for_room_in_the_object_store_unless_it_is_alone() -> None:
    tiny = Resources(1, 0.0, cores=4, nodes=1, object_store_bytes=1)
    photos = admission(resources=tiny)
    assert photos.next_photo(InFlight(encoding=1), has_begun=True) is None
    assert not photos.is_exhausted
    assert photos.next_photo(InFlight(), has_begun=True) is not None
    photos.fit(LARGE)
    assert photos.next_photo(InFlight(encoding=1), has_begun=True) is not None


def test_starved_photos_come_after_all_others_and_keep_their_counts() -> None:
    photos = admission(count=1)
    task = photos.next_photo(InFlight(), has_begun=True)
    assert task is not None
    task.crashes, task.pixels = 1, "in the store"
    photos.add_starved(task)
    assert photos.next_starved() is None  # another may come
    assert photos.next_photo(InFlight(), has_begun=True) is None
    assert photos.is_exhausted
    assert photos.has_starved
    again = photos.next_starved()
    assert again is task
    assert (again.crashes, again.pixels) == (1, None)
    assert photos.next_starved() is None


def test_after_a_stop_no_photo_begins() -> None:
    stop = Stop()
    photos = admission(stop=stop)
    stop.ask()
    assert photos.next_photo(InFlight(), has_begun=True) is None
    photos.close()
    assert not photos.has_starved


def test_the_budget_learns_how_large_photos_are() -> None:
    budget = ObjectStoreBudget(store_bytes=1_000_000_000, scene_bytes=SCENE_BYTES)
    # 0.8 of the store: 10 photos of 36 MB and 11 scenes, and one more photo, would be 616 MB.
    assert budget.fits_another(10, 0, 0, 0)
    for _ in range(100):
        budget.record_size(100_000_000)
    assert not budget.fits_another(10, 0, 0, 0)
    assert budget.fits_another(5, 0, 0, 0)
    assert not budget.fits_another(5, 3, 300_000_000, 0)

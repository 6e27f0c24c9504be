import pytest

from pipeline.context.positions import read_position
from pipeline.metadata.position import GpsPosition


def test_positions_that_make_sense():
    assert read_position(60.4, 5, 12) == GpsPosition(60.4, 5.0, 12.0)
    assert read_position(-33.9, -70.0, 0) == GpsPosition(-33.9, -70.0)
    assert read_position(0, 36.8, -2.5) == GpsPosition(0.0, 36.8, -2.5)


@pytest.mark.parametrize(
    "position",
    [
        (None, None),
        (0, 0),
        (-180.0, -180.0),
        (91, 0),
        (0, 181),
        ("60", "5"),
        (60.4, None),
        (float("nan"), 5.0),
        (float("inf"), 5.0),
        (True, False),
        (0.0, 0.0, 12.0),
    ],
)
def test_positions_that_make_none(position):
    assert read_position(*position) == GpsPosition()

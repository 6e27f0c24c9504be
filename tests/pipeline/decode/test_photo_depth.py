import gzip

import numpy as np
import pytest

from pipeline.decode.photo_depth import read_photo_depth
from schemas.records import MediaType
from tests.support.paths import DATA, PHOTOS


@pytest.fixture(scope="module")
def relative() -> bytes:
    return gzip.decompress((DATA / "depth" / "pug.heic.gz").read_bytes())


@pytest.fixture(scope="module")
def absolute(relative) -> bytes:
    """The same file as a phone with LiDAR would have written it."""
    changed = relative.replace(b"<depthData:Accuracy>relative<", b"<depthData:Accuracy>absolute<")
    assert changed != relative
    return changed


def test_a_map_in_metres_is_read(absolute):
    depth = read_photo_depth(absolute, MediaType.HEIF, 1, 4032, 3024)
    assert depth.shape == (576, 768)
    assert depth.dtype == np.float32
    # The file's own limits of disparity: 1.498046875 and 4.3828125 per metre.
    assert float(depth.max()) == pytest.approx(1 / 1.498046875, rel=1e-6)
    assert float(depth.min()) == pytest.approx(1 / 4.3828125, rel=1e-6)
    # The dog is nearer than the room behind it.
    assert np.median(depth[250:400, 300:450]) < np.median(depth[:60, :60])


def test_a_map_of_relative_accuracy_is_not_used(relative):
    assert read_photo_depth(relative, MediaType.HEIF, 1, 4032, 3024) is None


@pytest.mark.parametrize(
    "text", [b'depthData:Accuracy="absolute" ', b"depthData:Accuracy='absolute' "]
)
def test_accuracy_may_be_an_attribute_too(relative, text):
    element = b"<depthData:Accuracy>relative</depthData:Accuracy>"
    changed = relative.replace(element, text.ljust(len(element)))
    assert read_photo_depth(changed, MediaType.HEIF, 1, 4032, 3024) is not None


@pytest.mark.parametrize(("width", "height"), [(3024, 4032), (3024, 3024), (4032, 2268)])
def test_a_map_of_another_shape_than_the_photo_is_not_used(absolute, width, height):
    assert read_photo_depth(absolute, MediaType.HEIF, 1, width, height) is None


def test_a_small_difference_of_rounding_does_not_matter(absolute):
    assert read_photo_depth(absolute, MediaType.HEIF, 1, 4030, 3024) is not None


def test_the_container_turns_the_map_with_the_photo(absolute):
    assert read_photo_depth(absolute, MediaType.HEIF, 6, 4032, 3024) is not None


def test_where_nothing_turns_the_map_it_is_not_used(absolute):
    unturned = absolute.replace(b"irot", b"free")
    assert read_photo_depth(unturned, MediaType.HEIF, 6, 4032, 3024) is None


@pytest.mark.parametrize("keep", [0, 100, 5000, 20_000])
def test_a_map_that_cannot_be_read_counts_as_none(absolute, keep):
    broken = absolute[:keep] + b"depthData:Accuracy>absolute<"
    assert read_photo_depth(broken, MediaType.HEIF, 1, 4032, 3024) is None


def test_other_files_hold_none(absolute):
    assert read_photo_depth(absolute, MediaType.JPEG, 1, 4032, 3024) is None
    without = (PHOTOS / "IMG_2682.heic").read_bytes()
    assert read_photo_depth(without, MediaType.HEIF, 1, 4032, 3024) is None

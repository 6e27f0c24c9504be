import numpy as np
from PIL import Image

from sharp_core.training.small.duplicates import with_twins


def test_a_copy_of_another_size_and_quality_is_a_twin(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
        coarse.resize((320, 240), Image.Resampling.BICUBIC).save(tmp_path / f"{name}.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        image.resize((200, 150)).save(tmp_path / "copy.jpg", quality=40)
    photos = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    assert with_twins(photos, [tmp_path / "copy.jpg"]) == {tmp_path / "a.jpg"}
    assert with_twins(photos, []) == set()

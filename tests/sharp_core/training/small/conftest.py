"""A folder of made photos: brightness is nearness, so pictures and labels can be compared.

Networks of a few pixels run on one thread: more would wait for each other, not work.
"""

import numpy as np
import pytest
import torch
from PIL import Image


def write_photo(folder, name, rng, size=(96, 80)):
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    near = np.clip(0.7 * y + 0.3 * np.sin(5 * x + rng.uniform(0, 6)) ** 2, 0, 1)
    grey = np.repeat((near * 255)[..., None], 3, axis=2).astype(np.uint8)
    Image.fromarray(grey).save(folder / "photos" / f"{name}.jpg", quality=95)
    stored = ((near + 0.1) / 1.4 * 511 * 128).astype(np.uint16)
    Image.fromarray(stored).save(folder / "labels" / f"{name}.png")
    kinds = np.where(near < 0.3, 3, np.where(near < 0.6, 13, 7)).astype(np.uint8)
    Image.fromarray(kinds[::2, ::2]).save(folder / "classes" / f"{name}.png")


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("depth")
    rng = np.random.default_rng(0)
    for part in ("photos", "labels", "classes", "truth"):
        (folder / part).mkdir()
    for number in range(40):
        size = (96, 80) if number % 2 else (72, 104)
        write_photo(folder, f"{number:05d}", rng, size)
    inverse = np.linspace(1, 2, 60 * 80).reshape(60, 80).astype(np.float16)
    pixels = ((inverse - 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "truth" / "ramp.jpg")
    np.savez(folder / "truth" / "ramp.npz", inv=inverse, mask=np.ones((60, 80), bool))
    return folder


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)

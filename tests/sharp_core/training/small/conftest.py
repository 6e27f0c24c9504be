import pytest

from tests.support.small_model import one_torch_thread, write_depth_photos


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("depth")
    write_depth_photos(folder)
    return folder


@pytest.fixture(autouse=True)
def one_thread():
    with one_torch_thread():
        yield

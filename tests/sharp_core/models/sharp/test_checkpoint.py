import hashlib
import io
import os

import pytest
import torch

from schemas.errors import WeightsDamagedError, WeightsMissingError
from sharp_core.models.download import RetryPolicy
from sharp_core.models.sharp import checkpoint
from sharp_core.models.sharp.checkpoint import fetch_checkpoint, find_checkpoint, inspect_checkpoint
from tests.support.faulty_server import CONTENT, Server, breaks_off, says, sends_web_page, serve

QUICK = RetryPolicy(stall_seconds=0.3, tries=3, pause_seconds=0.001)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SHARP_BATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "home"


def saved_checkpoint() -> bytes:
    """Return a small file that torch can load."""
    buffer = io.BytesIO()
    torch.save({"a": torch.arange(1000.0)}, buffer)
    return buffer.getvalue()


def fetch(server, notices=None):
    notices = [] if notices is None else notices
    return fetch_checkpoint(licence=notices.append, retry_policy=QUICK, url=server.url)


def test_no_checkpoint_is_found_without_weights():
    assert find_checkpoint() is None


def test_the_search_order_is_given_file_cache_torch_hub(tmp_path, home):
    torchs = tmp_path / "torch" / "hub" / "checkpoints" / checkpoint.FILE_NAME
    own = home / checkpoint.FILE_NAME
    for path in (torchs, own):
        path.parent.mkdir(parents=True)
    torchs.write_bytes(b"torch")
    assert find_checkpoint() == torchs
    own.write_bytes(b"own")
    assert find_checkpoint() == own
    given = tmp_path / "given.pt"
    given.write_bytes(b"given")
    assert find_checkpoint(given) == given


def test_the_error_for_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(WeightsMissingError, match=r"no\.pt") as caught:
        find_checkpoint(tmp_path / "no.pt")
    for way in (checkpoint.URL, "--checkpoint", "--model small"):
        assert way in caught.value.hint


def test_the_default_cache_is_the_user_s(monkeypatch):
    monkeypatch.delenv("SHARP_BATCH_HOME")
    assert checkpoint.cache_home().name == "sharp-batch"
    assert checkpoint.cache_home().is_absolute()


def test_weights_are_fetched_once_and_then_found(home):
    content = saved_checkpoint()
    with serve(Server(content)) as server:
        path = fetch(server)
    assert path == home / checkpoint.FILE_NAME
    assert path.read_bytes() == content
    assert find_checkpoint() == path


def test_the_licence_is_shown_before_the_first_byte_and_not_again():
    notices = []
    with serve(Server(saved_checkpoint(), faults=[breaks_off(500), *[says(503)] * 3])) as server:
        with pytest.raises(WeightsMissingError):
            fetch(server, notices)
        assert notices == [checkpoint.LICENCE_NOTICE]
        fetch(server, notices)
    assert len(notices) == 1
    assert "research" in notices[0]


def test_the_licence_is_shown_again_after_a_failed_first_try():
    notices = []
    with serve(Server(saved_checkpoint(), faults=[says(404)])) as server:
        with pytest.raises(WeightsMissingError):
            fetch(server, notices)
        fetch(server, notices)
    assert len(notices) == 2


@pytest.mark.parametrize("fault", [says(404), sends_web_page])
def test_the_error_for_a_failed_download_says_what_to_do(home, fault):
    with serve(Server(faults=[fault])) as server, pytest.raises(WeightsMissingError) as caught:
        fetch(server)
    assert server.url in caught.value.message
    for way in (checkpoint.URL, str(home), "--checkpoint", "--model small"):
        assert way in caught.value.hint
    assert find_checkpoint() is None


def test_an_invalid_downloaded_file_is_removed():
    """A length that is too small makes a whole download of half a file."""
    with serve(Server(CONTENT)) as server, pytest.raises(WeightsDamagedError, match="not whole"):
        fetch(server)
    assert find_checkpoint() is None


def test_the_fingerprint_follows_from_the_hash_of_the_file(tmp_path):
    first, second = tmp_path / "a.pt", tmp_path / "b.pt"
    first.write_bytes(b"weights")
    second.write_bytes(b"other weights")
    known = inspect_checkpoint(first)
    assert known.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert known.size == 7
    assert known.fingerprint.startswith("sharp-")
    assert known.fingerprint != inspect_checkpoint(second).fingerprint


def test_a_known_file_is_not_read_again(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    path.write_bytes(b"weights")
    first = inspect_checkpoint(path)
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
    assert inspect_checkpoint(path) == first


def test_a_given_file_may_change(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(b"weights")
    first = inspect_checkpoint(path)
    path.write_bytes(b"trained on")
    assert inspect_checkpoint(path).fingerprint != first.fingerprint


def test_a_changed_downloaded_file_is_refused(home):
    home.mkdir()
    path = home / checkpoint.FILE_NAME
    path.write_bytes(b"weights")
    inspect_checkpoint(path)
    path.write_bytes(b"weigths")
    with pytest.raises(WeightsDamagedError, match="has changed since it was first used"):
        inspect_checkpoint(path)


def test_a_copy_with_another_time_is_the_same(home):
    home.mkdir()
    path = home / checkpoint.FILE_NAME
    path.write_bytes(b"weights")
    first = inspect_checkpoint(path)
    os.utime(path, (1, 1))
    assert inspect_checkpoint(path) == first


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"/a.pt": 3}', '{"/a.pt": {"size": 3}}'])
def test_a_damaged_hash_cache_is_created_again(tmp_path, home, content):
    home.mkdir()
    (home / "hashes.json").write_text(content)
    (tmp_path / "a.pt").write_bytes(b"weights")
    first = inspect_checkpoint(tmp_path / "a.pt")
    assert inspect_checkpoint(tmp_path / "a.pt") == first


def test_a_read_only_cache_folder_is_no_error(tmp_path, home):
    home.write_text("a file where the folder would be")
    (tmp_path / "a.pt").write_bytes(b"weights")
    assert inspect_checkpoint(tmp_path / "a.pt").size == 7

from __future__ import annotations

import hashlib
import logging
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.store.root import RemoteRoot, parse_root
from pipeline.store.store import Store
from schemas.errors import PhotoError, RunError
from schemas.reasons import FailureReason
from tests.support.s3 import forbid_removal, refusing
from tests.support.s3_proxy import standing_before
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
def store(remote_root: RemoteRoot) -> Store:
    """Return an empty store."""
    return Store(remote_root)


def put(store: Store, *paths: str) -> None:
    for path in paths:
        store.write(path, lambda file, path=path: file.write(path.encode()))  # type: ignore[misc]


def paths_of(store: Store, folder: str) -> list[str]:
    return [path for path, _ in store.files(folder)]


def test_what_is_written_is_there_whole_and_described(store: Store) -> None:
    stored = store.write("scenes/ab/abcd.ply", lambda file: file.write(b"splat"))
    assert (stored.path, stored.bytes) == ("scenes/ab/abcd.ply", 5)
    assert stored.sha256 == hashlib.sha256(b"splat").hexdigest()
    assert store.read_bytes(stored.path) == b"splat"
    assert (store.size(stored.path), store.exists(stored.path)) == (5, True)
    store.write(stored.path, lambda file: file.write(b"another"))
    assert store.read_bytes(stored.path) == b"another"


def test_a_copy_on_this_machine_has_the_files_name_and_goes_again(store: Store) -> None:
    put(store, "scenes/ab/abcd.ply")
    with store.open_local("scenes/ab/abcd.ply") as path:
        assert path.name == "abcd.ply"
        assert path.read_bytes() == b"scenes/ab/abcd.ply"
    assert not path.parent.exists()


def test_a_folder_is_listed_in_order_and_alone(store: Store) -> None:
    put(store, "scenes/b/2", "scenes/a/1", "scenes2/x", "thumbs/a/1")
    assert list(store.files("scenes")) == [("scenes/a/1", 10), ("scenes/b/2", 10)]
    assert paths_of(store, "previews") == []


def test_sizes_are_those_of_the_files(store: Store) -> None:
    put(store, "scenes/a/1", "thumbs/a/12")
    size_of = store.sizes("scenes", "thumbs", "previews")
    assert [size_of("scenes/a/1"), size_of("thumbs/a/12")] == [10, 11]
    with pytest.raises(FileNotFoundError):
        size_of("scenes/a/2")


def test_what_is_missing_is_a_missing_file_with_its_address(store: Store) -> None:
    put(store, "scenes/a/1")
    for look in (store.size, store.read_bytes, lambda path: store.open_local(path).__enter__()):
        for name in ("scenes/a/2", "scenes/b/1"):
            with pytest.raises(FileNotFoundError) as caught:
                look(name)
            assert caught.value.filename == store.address(name)
    assert not store.exists("scenes/a/2")
    assert not store.exists("scenes/a")


def test_what_is_removed_is_gone_and_may_have_been_before(store: Store) -> None:
    put(store, "scenes/a/1", "scenes/a/2")
    for _ in range(2):
        store.remove("scenes/a/1")
    assert paths_of(store, "scenes") == ["scenes/a/2"]


def test_a_thousand_files_are_removed_by_one_request(
    remote_root: RemoteRoot, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(RemoteRoot(f"{remote_root}/a*b [c]"))  # what is no pattern, but a name
    put(store, *(f"scenes/a/{index}" for index in range(5)))
    put(Store(RemoteRoot(f"{remote_root}/aXb c")), "scenes/a/1")
    with caplog.at_level(logging.INFO, "werkzeug"):
        store.remove_all(f"scenes/a/{index}" for index in range(1, 2500))
    assert len([record for record in caplog.records if record.name == "werkzeug"]) == 3
    assert paths_of(store, "scenes") == ["scenes/a/0"]
    assert paths_of(Store(remote_root), "aXb c") == ["aXb c/scenes/a/1"]
    store.remove_all([])


@pytest.mark.parametrize("status", [501, 403])
def test_a_server_that_removes_only_one_by_one_is_asked_so(
    remote_root: RemoteRoot, s3_server: str, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with standing_before(s3_server) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        proxy.fault = lambda method, _path: status if method == "POST" else None
        store = Store(remote_root)
        put(store, "scenes/a/1", "scenes/a/2")
        store.remove_all(["scenes/a/1", "scenes/a/2"])
        assert paths_of(store, "scenes") == []


def test_what_is_not_removed_with_the_others_is_said_so(
    remote_root: RemoteRoot, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standing_before(s3_server) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        store = Store(remote_root)
        put(store, "scenes/a/1", "scenes/a/2", "scenes/a/3")
        forbid_removal(s3_server, remote_root, "scenes/a/2")
        proxy.fault = lambda method, _path: 403 if method == "DELETE" else None
        with pytest.raises(RunError, match="scenes/a/2 cannot be removed: access is refused"):
            store.remove_all(["scenes/a/1", "scenes/a/2", "scenes/a/3"])
        assert paths_of(store, "scenes") == ["scenes/a/2"]


def test_a_writer_that_fails_leaves_nothing_and_keeps_what_was_there(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store.write("a/b.bin", lambda file: file.write(b"old"))

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write("a/b.bin", fail)
    assert store.read_bytes("a/b.bin") == b"old"
    assert paths_of(store, "a") == ["a/b.bin"]
    assert list(tmp_path.iterdir()) == []


def test_a_write_test_that_a_killed_run_left_is_swept_by_two_requests(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    dying = """
import os, pickle, sys
with pickle.load(sys.stdin.buffer).write_test():
    os._exit(9)
"""
    sent = pickle.dumps(store)
    assert subprocess.run([sys.executable, "-c", dying], input=sent, check=False).returncode == 9
    put(store, "runs/2026.json", "runs/a/.partial", "scenes/a/1")
    assert len(paths_of(store, "runs")) == 3
    with caplog.at_level(logging.INFO, "werkzeug"):
        assert store.sweep() == 1
    assert len([record for record in caplog.records if record.name == "werkzeug"]) == 2
    assert paths_of(store, "runs") == ["runs/2026.json", "runs/a/.partial"]
    assert paths_of(store, "scenes") == ["scenes/a/1"]
    assert store.sweep() == 0


def test_a_store_travels_and_sees_what_others_wrote(store: Store) -> None:
    assert paths_of(store, "scenes") == []
    put(pickle.loads(pickle.dumps(store)), "scenes/a/1")
    assert paths_of(store, "scenes") == ["scenes/a/1"]
    assert store.free_bytes() is None


def test_many_sizes_take_no_request_each(
    remote_root: RemoteRoot, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(remote_root)
    names = [f"scenes/a/{index}" for index in range(20)]
    put(store, *names)
    with caplog.at_level(logging.INFO, "werkzeug"):
        size_of = store.sizes("scenes", "thumbs")
        assert sum(map(size_of, names)) == sum(map(len, names))
    requests = [record for record in caplog.records if record.name == "werkzeug"]
    assert 1 < len(requests) < 10


@pytest.fixture
def dying_server(s3_server: str) -> Iterator[str]:
    """Return the address of a server that takes a part of what it is sent, and is gone."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = s3_server.removeprefix("http://").split(":")

    def take_and_die() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, socket.create_connection((host, int(port))) as behind:
                connection.settimeout(5)
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                taken = 0
                while taken < 1_000_000 and (part := connection.recv(65_536)):
                    behind.sendall(part)
                    taken += len(part)

    thread = threading.Thread(target=take_and_die, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=PATIENCE_SECONDS)


def test_a_server_that_dies_on_the_way_is_said_so_and_shows_nothing(
    remote_root: RemoteRoot, dying_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = RemoteRoot(f"{remote_root}/dying")  # an address has one connection in a process
    with monkeypatch.context() as m:
        m.setenv("AWS_ENDPOINT_URL", dying_server)
        with pytest.raises(RunError, match=r"big\.bin cannot be written") as caught:
            Store(dying).write("big.bin", lambda file: file.write(bytes(5_000_000)))
    assert "AWS_ENDPOINT_URL" in caught.value.hint
    assert paths_of(Store(remote_root), "dying") == []


def test_a_bucket_that_is_not_there_is_no_missing_file(remote_root: RemoteRoot) -> None:
    store = Store(RemoteRoot("s3://no-such-bucket/photos"))
    looks = (
        lambda: store.write("a", lambda file: file.write(b"a")),
        lambda: store.read_bytes("a"),
        lambda: list(store.files("scenes")),
        lambda: store.open_local("a").__enter__(),
        lambda: store.size("a"),
    )
    for look in looks:
        with pytest.raises(RunError, match="no such bucket") as caught:
            look()
        assert "--library" in caught.value.hint


def test_refused_access_is_said_so(remote_root: RemoteRoot, s3_server: str) -> None:
    store = Store(remote_root)
    with refusing(s3_server), pytest.raises(RunError, match="access is refused") as caught:
        store.read_bytes("catalog.url")
    assert "AWS_PROFILE" in caught.value.hint


@pytest.mark.parametrize(
    ("scheme", "package"), [("gs", "gcsfs"), ("az", "adlfs"), ("abfs", "adlfs"), ("abfss", "adlfs")]
)
def test_a_package_that_is_not_installed_is_named(scheme: str, package: str) -> None:
    with pytest.raises(RunError, match=package) as caught:
        Store(parse_root(f"{scheme}://bucket/photos")).read_bytes("catalog.url")
    assert "Install" in caught.value.hint


def test_where_nothing_can_be_copied_to_no_file_counts_as_missing(
    remote_root: RemoteRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(remote_root)
    put(store, "scenes/a/1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(RunError, match="temporary"), store.open_local("scenes/a/1"):
        pass


def test_a_full_disk_here_is_said_so(
    remote_root: RemoteRoot, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(remote_root)
    store.write("big.bin", lambda file: file.write(bytes(1_000_000)))
    monkeypatch.setattr(tempfile, "tempdir", str(tiny_disk))
    with pytest.raises(PhotoError, match=str(tiny_disk)) as caught:
        store.write("big.bin", lambda file: file.write(bytes(1_000_001)))
    assert caught.value.reason is FailureReason.DISK_FULL
    with pytest.raises(RunError, match="no space left"), store.open_local("big.bin"):
        pass
    assert store.size("big.bin") == 1_000_000
    assert list(tiny_disk.iterdir()) == []

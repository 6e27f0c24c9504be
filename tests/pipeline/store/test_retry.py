"""A store that goes out and comes back, or does not: by way of a proxy before a real server."""

from __future__ import annotations

import contextlib
import errno
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from botocore.exceptions import EndpointConnectionError, SSLError
from fsspec.exceptions import FSTimeoutError

from pipeline.store import retry
from pipeline.store.retry import (
    is_transient,
    retrying,
    stop_retries_when,
    stop_retrying,
)
from pipeline.store.root import RemoteRoot
from pipeline.store.store import Store
from pipeline.work.time_limit import time_limit
from schemas.errors import RunError
from tests.support.s3_proxy import HANG_UP, Fault, Proxy, standing_before


@pytest.fixture
def proxy(
    remote_root: RemoteRoot, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    with standing_before(s3_server) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        yield proxy


@pytest.fixture
def store(remote_root: RemoteRoot, proxy: Proxy) -> Store:
    """Return a store with one file, which has answered."""
    store = Store(remote_root)
    store.write("runs/a.json", lambda file: file.write(b"a"))
    return store


def refusing(times: int, status: int) -> Fault:
    numbers = count()
    return lambda _method, _path: status if next(numbers) < times else None


REQUESTS: dict[str, Callable[[Store], object]] = {
    "write": lambda store: store.write("runs/b.json", lambda file: file.write(bytes(100_000))),
    "read": lambda store: store.read_bytes("runs/a.json"),
    "size": lambda store: store.size("runs/a.json"),
    "list": lambda store: list(store.files("runs")),
    "copy": lambda store: store.open_local("runs/a.json").__enter__(),
    "remove": lambda store: store.remove("runs/a.json"),
}


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize(("status", "times"), [(500, 2), (HANG_UP, 6)])
def test_a_run_waits_for_a_store_that_refuses_for_a_while(
    store: Store, proxy: Proxy, request_name: str, status: int, times: int
) -> None:
    proxy.fault = refusing(times, status)
    with retrying():
        REQUESTS[request_name](store)
    if request_name == "write":
        assert store.read_bytes("runs/b.json") == bytes(100_000)


def test_a_run_waits_for_a_store_that_has_too_much_to_do(store: Store, proxy: Proxy) -> None:
    proxy.fault = refusing(6, 503)  # after five the client itself gives up
    with retrying():
        REQUESTS["write"](store)


def test_a_run_waits_for_a_server_that_is_started_anew(
    remote_root: RemoteRoot, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, is_over = Proxy(s3_server), threading.Event()

    def come_back() -> None:
        time.sleep(2)
        with Proxy(s3_server, proxy.port).listening():
            is_over.wait(30)

    with proxy.listening():
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        assert not Store(remote_root).exists("a")
    with retrying(), ThreadPoolExecutor() as pool:
        server = pool.submit(come_back)
        Store(remote_root).write("a", lambda file: file.write(b"a"))
        is_over.set()
        server.result()


def test_who_only_looks_is_told_at_once(store: Store, proxy: Proxy) -> None:
    proxy.fault = refusing(1, 500)
    with pytest.raises(RunError, match="cannot be read"):
        store.size("runs/a.json")


@pytest.mark.parametrize(("status", "message"), [(403, "access is refused"), (501, "as the test")])
def test_what_will_not_change_is_not_asked_again(
    store: Store, proxy: Proxy, status: int, message: str
) -> None:
    proxy.asked.clear()
    proxy.fault = lambda _method, _path: status
    with retrying(), pytest.raises(RunError, match=f"(?i){message}"):
        store.write("runs/b.json", lambda file: file.write(b"b"))
    assert len(proxy.asked) == 1


def test_what_is_missing_is_not_waited_for(store: Store) -> None:
    with retrying():
        assert not store.exists("runs/b.json")
        with pytest.raises(RunError, match="no such bucket"):
            Store(RemoteRoot("s3://nor-is-this-one/photos")).read_bytes("a")


def test_an_outage_that_lasts_is_said_so(
    store: Store, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "_GIVE_UP_SECONDS", 2.0)
    proxy.fault = lambda _method, _path: 500
    with (
        retrying(),
        pytest.raises(RunError, match=r"Internal Server Error; asked again for 2 s"),
    ):
        store.size("runs/a.json")


def test_waiting_ends_where_the_run_is_to_end(store: Store, proxy: Proxy) -> None:
    proxy.fault = lambda _method, _path: 500
    timer = threading.Timer(1.0, stop_retrying)
    with retrying():
        timer.start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            store.size("runs/a.json")
        assert time.monotonic() - started < 5
        with pytest.raises(RunError):  # and what the run still has to say is not waited for
            store.size("runs/a.json")


def test_waiting_ends_where_somebody_outside_says_so(store: Store, proxy: Proxy) -> None:
    proxy.fault = lambda _method, _path: 500
    started = time.monotonic()
    with retrying(), stop_retries_when(lambda: time.monotonic() - started > 1.0):
        with pytest.raises(KeyboardInterrupt):
            store.size("runs/a.json")
        assert time.monotonic() - started < 5


def test_an_outage_is_no_fault_of_the_photo_whose_time_it_takes(store: Store, proxy: Proxy) -> None:
    proxy.fault = lambda _method, _path: 500
    with retrying(), pytest.raises(RunError, match="cannot be read"), time_limit(1.0):
        store.size("runs/a.json")


@pytest.mark.parametrize("is_of_a_run", [True, False])
def test_a_worker_waits_as_its_run_does(store: Store, proxy: Proxy, is_of_a_run: bool) -> None:
    with retrying() if is_of_a_run else contextlib.nullcontext():
        sent = pickle.dumps(store)
    proxy.fault = refusing(2, 500)
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).size('runs/a.json'))"
    done = subprocess.run(
        [sys.executable, "-c", code], input=sent, capture_output=True, check=False
    )
    assert (done.returncode == 0) is is_of_a_run, done.stderr
    assert not is_of_a_run or done.stdout == b"1\n"


class HttpError(Exception):
    code = "503"  # as gcsfs has it


class HttpResponseError(Exception):
    status_code = 429  # as Azure has it


class ServiceRequestError(Exception):
    """As Azure says that nobody answers."""


@pytest.mark.parametrize(
    ("error", "is_of_the_moment"),
    [
        (HttpError(), True),
        (HttpResponseError(), True),
        (ServiceRequestError(), True),
        (ConnectionResetError(), True),
        (FSTimeoutError(), True),
        (EndpointConnectionError(endpoint_url="http://store", error="refused"), True),
        (SSLError(endpoint_url="https://store", error="self-signed certificate"), False),
        (OSError(errno.ENOSPC, "full"), False),
        (FileNotFoundError(), False),
        (ImportError(), False),
    ],
)
def test_refusals_of_the_moment_are_known(error: Exception, is_of_the_moment: bool) -> None:
    assert is_transient(error) is is_of_the_moment

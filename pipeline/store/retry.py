"""Retries of calls to an object store that is unreachable for a while, or overloaded.

Only a run retries, once it holds the library and the store has answered: a wrong address is
reported at once, and commands that only read do not hang. Workers retry as their run does.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from schemas.errors import OutOfTime

_T = TypeVar("_T")
_GIVE_UP_SECONDS = 120.0  # after the first error, when the store's client has retried already
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 15.0
_CHECK_SECONDS = 0.2  # between checks whether the run is to stop
_POLL_SECONDS = 1.0  # between calls of `is_stop_asked`, which ask another process

# Classes by name, since which of their packages are installed depends on the store.
_CONNECTION_ERRORS = frozenset(
    {
        "ConnectionError",  # Python's, botocore's
        "TimeoutError",  # Python's, fsspec's
        "HTTPClientError",  # botocore's: cut off, or no answer in time
        "IncompleteReadError",
        "ResponseParserError",  # its answer to rates that are too high may be no XML
        "ClientConnectionError",  # aiohttp's
        "ClientPayloadError",
        "ServiceRequestError",  # Azure's
        "ServiceResponseError",
        "TransportError",  # of Google's credentials
    }
)
_CERTIFICATE_ERRORS = frozenset({"SSLError", "ClientSSLError"})
_TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(slots=True)
class _State:
    is_on: bool = False  # no threading.Event: a signal's handler could not set one safely
    is_stop_asked: Callable[[], bool] | None = None  # by another process


_of_this_process = _State()


@contextlib.contextmanager
def retrying() -> Iterator[None]:
    """Retry calls to stores in this process, inside, or until `stop_retrying`."""
    before, _of_this_process.is_on = _of_this_process.is_on, True
    try:
        yield
    finally:
        _of_this_process.is_on = before


def is_retrying() -> bool:
    """Tell whether this process retries calls to stores."""
    return _of_this_process.is_on


def start_retrying() -> None:
    """Retry from now on: this process works for a run that does."""
    _of_this_process.is_on = True


def stop_retrying() -> None:
    """End all retries in this process: the run is to stop. Safe in a signal handler."""
    _of_this_process.is_on = False


@contextlib.contextmanager
def stop_retries_when(is_stop_asked: Callable[[], bool]) -> Iterator[None]:
    """Inside, end all retries of this process once `is_stop_asked` says that its run stops.

    It is called every `_POLL_SECONDS` between retries, and only then.
    """
    _of_this_process.is_stop_asked = is_stop_asked
    try:
        yield
    finally:
        _of_this_process.is_stop_asked = None


def call_with_retries(call: Callable[[], _T]) -> _T:
    """Return what `call` returns; transient errors are retried with growing pauses.

    Raises what `call` raises; KeyboardInterrupt where the run is asked to stop meanwhile.
    """
    may_retry = is_retrying()  # a signal may end that while the client retries by itself
    try:
        return call()
    except Exception as error:
        if not (may_retry and is_transient(error)):
            raise
        refusal = error
    return _call_again(call, refusal)


def _call_again(call: Callable[[], _T], refusal: Exception) -> _T:
    give_up_at = time.monotonic() + _GIVE_UP_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            # With jitter, so that workers do not retry all at once.
            _sleep(min(pause * random.uniform(0.5, 1.0), give_up_at - time.monotonic()))
            return call()
        except OutOfTime:  # the photo's time was spent on the store
            raise refusal from refusal.__cause__
        except Exception as error:
            if not is_transient(error):
                raise
            if time.monotonic() >= give_up_at:
                error.add_note(f"asked again for {_GIVE_UP_SECONDS:g} s")
                raise
            refusal = error
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def is_transient(error: BaseException) -> bool:
    """Tell whether an error of a store may be gone at the next try."""
    chain = list(_chain(error))
    names = {base.__name__ for link in chain for base in type(link).__mro__}
    statuses = {_status(link) for link in chain}
    is_connection = names & _CONNECTION_ERRORS and not names & _CERTIFICATE_ERRORS
    return bool(is_connection or statuses & _TRANSIENT_STATUSES)


def _sleep(seconds: float) -> None:
    """Sleep. Raises KeyboardInterrupt as soon as the run is to stop."""
    until = time.monotonic() + seconds
    next_poll = time.monotonic()
    while is_retrying():
        if _of_this_process.is_stop_asked is not None and time.monotonic() >= next_poll:
            next_poll = time.monotonic() + _POLL_SECONDS
            if _of_this_process.is_stop_asked():
                stop_retrying()
                continue
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _CHECK_SECONDS))
    raise KeyboardInterrupt


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: BaseException) -> int | None:
    """Return the HTTP status of an answer, wherever the store's client keeps it."""
    answer = getattr(error, "response", None)
    botocore = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    azure, aiohttp, gcsfs = (getattr(error, name, "") for name in ("status_code", "status", "code"))
    for found in (botocore.get("HTTPStatusCode"), azure, aiohttp, gcsfs):
        if str(found).isdigit():
            return int(str(found))
    return None

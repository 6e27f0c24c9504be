"""Waits for an object store that does not answer for a while, or has too much to do.

Only a run waits, from when it holds the library and the store has answered once: a wrong address is
said at once, and nobody who only looks sits before an empty screen. Workers wait as their run does.
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
_PATIENCE_SECONDS = 120.0  # from the first refusal; the store's client has tried some times by then
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 15.0
_LOOK_SECONDS = 0.2  # between looks at whether the run is to end
_POLL_SECONDS = 1.0  # between questions to somebody outside of this process

# Classes by name, since which of their packages are installed depends on the store.
_BROKEN_LINKS = frozenset(
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
_WRONG_CERTIFICATES = frozenset({"SSLError", "ClientSSLError"})
_WORTH_ASKING_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(slots=True)
class _Patience:
    is_on: bool = False  # no threading.Event: a signal's handler could not set one safely
    is_stop_asked: Callable[[], bool] | None = None  # by somebody outside of this process


_of_this_process = _Patience()


@contextlib.contextmanager
def stores_waited_for() -> Iterator[None]:
    """Have this process wait for stores as long as this holds, or until `wait_no_more`."""
    before, _of_this_process.is_on = _of_this_process.is_on, True
    try:
        yield
    finally:
        _of_this_process.is_on = before


def are_waited_for() -> bool:
    """Tell whether this process waits for stores."""
    return _of_this_process.is_on


def wait_from_now_on() -> None:
    """Have this process wait: it works for a run that does."""
    _of_this_process.is_on = True


def wait_no_more() -> None:
    """End all waiting in this process: the run is to end. May be called in a signal's handler."""
    _of_this_process.is_on = False


@contextlib.contextmanager
def waiting_ends_when(is_stop_asked: Callable[[], bool]) -> Iterator[None]:
    """While this holds, end all waiting in this process once `is_stop_asked`: a worker's run stops.

    It is called every `_POLL_SECONDS` while this process waits, and only then.
    """
    _of_this_process.is_stop_asked = is_stop_asked
    try:
        yield
    finally:
        _of_this_process.is_stop_asked = None


def outlast(call: Callable[[], _T]) -> _T:
    """Return what `call` returns. It is called again with growing pauses while the store is out.

    Raises what `call` raises; KeyboardInterrupt where the run is asked to end meanwhile.
    """
    is_waited_for = are_waited_for()  # which a signal may end while the client tries by itself
    try:
        return call()
    except Exception as error:
        if not (is_waited_for and is_passing(error)):
            raise
        refusal = error
    return _call_again(call, refusal)


def _call_again(call: Callable[[], _T], refusal: Exception) -> _T:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            # Not all workers at the same moment.
            _sleep(min(pause * random.uniform(0.5, 1.0), give_up_at - time.monotonic()))
            return call()
        except OutOfTime:  # of a photo, which is not what took so long
            raise refusal from refusal.__cause__
        except Exception as error:
            if not is_passing(error):
                raise
            if time.monotonic() >= give_up_at:
                error.add_note(f"asked again for {_PATIENCE_SECONDS:g} s")
                raise
            refusal = error
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def is_passing(error: BaseException) -> bool:
    """Tell whether a store's refusal is of the moment, and not of what was asked."""
    chain = list(_chain(error))
    names = {base.__name__ for link in chain for base in type(link).__mro__}
    statuses = {_status(link) for link in chain}
    is_broken = names & _BROKEN_LINKS and not names & _WRONG_CERTIFICATES
    return bool(is_broken or statuses & _WORTH_ASKING_AGAIN)


def _sleep(seconds: float) -> None:
    """Sleep. Raises KeyboardInterrupt as soon as the run is to end."""
    until = time.monotonic() + seconds
    next_poll = time.monotonic()
    while are_waited_for():
        if _of_this_process.is_stop_asked is not None and time.monotonic() >= next_poll:
            next_poll = time.monotonic() + _POLL_SECONDS
            if _of_this_process.is_stop_asked():
                wait_no_more()
                continue
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _LOOK_SECONDS))
    raise KeyboardInterrupt


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: BaseException) -> int | None:
    """Return the HTTP status of a store's answer, from where its client keeps it."""
    answer = getattr(error, "response", None)
    botocore = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    azure, aiohttp, gcsfs = (getattr(error, name, "") for name in ("status_code", "status", "code"))
    for found in (botocore.get("HTTPStatusCode"), azure, aiohttp, gcsfs):
        if str(found).isdigit():
            return int(str(found))
    return None

"""Worker processes of the gallery that make scenes: each gets one request, and tells its steps."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any

from jobs.gallery.texts import Message

_FINISH_SECONDS = 5.0  # to finish the photo that a run is at
_CLOSE_SECONDS = 20.0  # to close the run's row in the catalog
_DIED = Message("The process that makes scenes died.")
_WENT_WRONG = Message("The process that makes scenes went wrong: its answer is not valid.")
_TOO_LONG = Message("The work on this photo took more than half an hour, and was stopped.")
# A run may hold the library for hours. Each try starts a process.
_FIRST_TRY_SECONDS, _LAST_TRY_SECONDS = 2.0, 30.0


def try_again_seconds(tries: int) -> float:
    """Return how long to wait after so many tries that found the library held by another run."""
    return min(_FIRST_TRY_SECONDS * 1.5 ** (tries - 1), _LAST_TRY_SECONDS)


def _to_nobody(_: object) -> None:
    pass


async def run_worker(
    module: str,
    request: str,
    seconds: float | None = None,
    begun: Callable[[asyncio.subprocess.Process], object] = _to_nobody,
    tell: Callable[[str], object] = _to_nobody,
) -> dict[str, Any]:
    """Run a module with a request in JSON; return its last document, a result or an error.

    It is stopped after `seconds`, if given, and where this is cancelled. `begun` gets its process,
    `tell` the names of its steps.
    """
    last: dict[str, Any] = {"error": _DIED, "hint": ""}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C stops the gallery, and the gallery stops the worker
    )
    begun(process)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(seconds):
            process.stdin.write(request.encode())
            process.stdin.close()
            async for line in process.stdout:
                document = json.loads(line)
                if "step" in document:
                    tell(document["step"])
                else:
                    last = document
            await process.wait()
    except TimeoutError:
        last = {"error": _TOO_LONG, "hint": ""}
    except ValueError:  # a line is not JSON, or is too long
        last = {"error": _WENT_WRONG, "hint": ""}
    finally:
        # To be cancelled again must not leave a process that holds the library.
        await asyncio.shield(_end(process))
    return last


async def _end(process: asyncio.subprocess.Process) -> None:
    """Stop a running worker, which may hold the library: by SIGTERM twice, and then by force.

    The first lets a run finish the photo that it is at. The second ends the run at once, and it
    records that it was interrupted: of one that is killed, the photo counts as having crashed it.
    """
    if process.returncode is not None:
        return
    for signal, seconds in (
        (process.terminate, _FINISH_SECONDS),
        (process.terminate, _CLOSE_SECONDS),
        (process.kill, None),
    ):
        with contextlib.suppress(ProcessLookupError):
            signal()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
            return

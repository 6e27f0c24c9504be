"""Compile numba functions once per machine, into a cache on disk.

Signatures are explicit, so functions compile when their module is imported. The first import takes
some ten seconds, later ones a fraction of a second, and no call waits for the compiler.

The functions release the GIL and run in the threads of their callers. Numba's own threading layers
are not used: `workqueue` must not be entered by two threads at once, OpenMP does not survive a
fork, and each is one pool for the whole process.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

_config: Any = numba.config  # its attributes are created at run time
_Function = TypeVar("_Function", bound=Callable[..., Any])
# The folder of the cache is one setting of the process, which threads that import change in turns.
_CACHE_LOCK = threading.RLock()

# Reordering and fusing are allowed: vectorisation needs them. Assuming finite values is not: lanes
# outside a footprint overflow, and are masked afterwards.
_FASTMATH = {"contract", "reassoc", "arcp", "nsz"}
_OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": _FASTMATH, "error_model": "numpy"}


def compiled(*arguments: Any) -> Callable[[_Function], _Function]:  # noqa: ANN401 (numba types)
    """Compile a function for these numba types, or load it from the cache.

    If no cache folder is writable, each process compiles again.
    """
    return compiled_variants(arguments)


def compiled_variants(*signatures: tuple[Any, ...]) -> Callable[[_Function], _Function]:
    """Compile a function once for each of several tuples of argument types, as `compiled` does."""

    def decorate(function: _Function) -> _Function:
        folder = _cache_folder()
        if folder is not None:
            with _CACHE_LOCK:
                kept, _config.CACHE_DIR = _config.CACHE_DIR, str(folder)
                try:
                    options = {"cache": True, **_OPTIONS}
                    return cast(_Function, numba.njit([*signatures], **options)(function))
                except (RuntimeError, OSError):  # the source is not a file, or the disk is full
                    pass
                finally:
                    _config.CACHE_DIR = kept
        return cast(_Function, numba.njit([*signatures], **_OPTIONS)(function))

    return decorate


@functools.cache
def _cache_folder() -> Path | None:
    """Return a writable folder, named by the hash of all sources of sharp_core.

    Numba recompiles a function if its own file changes, but not if a constant or an inlined
    function from another file changes. The hash covers both.
    """
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    chosen = _config.CACHE_DIR  # $NUMBA_CACHE_DIR
    parents = (chosen, Path(__file__).parent / "__pycache__", Path("~/.cache/numba").expanduser())
    for parent in parents:
        if not parent:
            continue
        folder = Path(parent) / f"sharp-core-{digest}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return folder
    return None


def inlined(function: _Function) -> _Function:
    """Inline a function into its callers, so that LLVM optimises across the call."""
    return cast(_Function, numba.njit(inline="always", **_OPTIONS)(function))


@inlined
def ceil_of_positive(value: Any) -> Any:  # noqa: ANN401 (a float32, and an integer)
    """Return the ceiling of `value`, which must not be negative.

    A call of the C library in the innermost loops would spill all registers.
    """
    whole = int(value)
    return whole + (value > whole)

"""How this project's numba functions are compiled: once a machine, into a cache on disk.

Functions compile when their module is imported, since their types are given: so the first import
takes some ten seconds, later ones a fraction, and no call is slow for another reason than its work.

The functions release Python's lock and are run by threads of the renderer that calls them. Numba's
own threading layers are not used: of those that come with it, one must not be entered by two
threads at once and the other does not survive a fork, and each is one pool for a whole process.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

_config: Any = numba.config  # its names are made at run time
_Function = TypeVar("_Function", bound=Callable[..., Any])

# Leave to reorder and fuse, which vectorising needs, but not to assume that values are finite:
# lanes beyond a Gaussian's rim overflow, and are masked afterwards.
_FASTMATH = {"contract", "reassoc", "arcp", "nsz"}
_OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": _FASTMATH, "error_model": "numpy"}


def compiled(*arguments: Any) -> Callable[[_Function], _Function]:  # noqa: ANN401 (numba types)
    """Compile a function for arguments of these numba types, or load it from the cache.

    Where no folder for the cache can be written, each process compiles anew.
    """

    def decorate(function: _Function) -> _Function:
        folder = _cache_folder()
        if folder is not None:
            kept, _config.CACHE_DIR = _config.CACHE_DIR, str(folder)
            try:
                return cast(_Function, numba.njit(arguments, cache=True, **_OPTIONS)(function))
            except (RuntimeError, OSError):  # the source is no file, or the disk is full
                pass
            finally:
                _config.CACHE_DIR = kept
        return cast(_Function, numba.njit(arguments, **_OPTIONS)(function))

    return decorate


@functools.cache
def _cache_folder() -> Path | None:
    """Return a folder that can be written, named by the content of all sources beside this one.

    Numba itself would compile anew if the file of a function changed, but not if a constant or a
    function did that it takes from another file.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    chosen = _config.CACHE_DIR  # $NUMBA_CACHE_DIR
    places = (chosen, Path(__file__).parent / "__pycache__", Path("~/.cache/numba").expanduser())
    for place in places:
        if not place:
            continue
        folder = Path(place) / f"sharp-core-{digest}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return folder
    return None


def inlined(function: _Function) -> _Function:
    """Paste a function into those that call it, so that constants and loops are seen as one."""
    return cast(_Function, numba.njit(inline="always", **_OPTIONS)(function))


@inlined
def ceil_of_positive(value: Any) -> Any:  # noqa: ANN401 (a float32, and an integer)
    """Return the least whole number not below `value`, which is not negative.

    Written out because a call of the C library's in the innermost loops would spill all registers.
    """
    whole = int(value)
    return whole + (value > whole)

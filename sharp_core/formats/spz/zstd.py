"""Import Zstandard: from the standard library since Python 3.14, otherwise `backports.zstd`."""

from __future__ import annotations

import importlib
from types import ModuleType

from schemas.errors import FormatError


def load_zstd() -> ModuleType:
    """Return the module. Raises FormatError that says what to install."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise FormatError("SPZ version 4 needs Zstandard: pip install backports.zstd")

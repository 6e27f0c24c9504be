"""Silence what decoders print to stderr about damaged files, beside the errors that they raise.

The messages are not lost to people: each file that gives no image has an error of its own.
"""

from __future__ import annotations

import ctypes
import logging
from contextlib import suppress

from PIL import _imaging


def silence_decoders() -> None:
    """Keep Pillow and its libtiff from printing, in this process."""
    # Python prints what a library logs, unless somebody handles it.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    # Pillow has no option for libtiff's messages, but libtiff has: handlers that are null. They are
    # found through Pillow's own module, which has libtiff loaded. Where libtiff is built into it
    # without names, as on Windows, nothing changes.
    with suppress(OSError, AttributeError):
        pillow = ctypes.CDLL(_imaging.__file__)
        for set_handler in (pillow.TIFFSetErrorHandler, pillow.TIFFSetWarningHandler):
            set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            set_handler(None)

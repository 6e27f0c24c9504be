"""What people run: the command line, the nightly runs and the gallery, over `pipeline`.

Each command is a file of `commands`; `cli` lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from jobs.cli import main

__all__ = [
    "main",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "cli": "main",
        },
    )

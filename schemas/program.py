"""The program's name and version, as files that it makes state them."""

from __future__ import annotations

from importlib.metadata import version

NAME = "sharp-batch"
VERSION = version(NAME)
GENERATOR = f"{NAME} {VERSION}"


def is_of_this_program(generator: str | None) -> bool:
    """Tell whether a file states that this program made it, in any version."""
    return generator is not None and generator.split(" ")[0] == NAME

"""The optional parts of the program ("extras"): which are installed, and how to get one.

They are declared in pyproject.toml; what is read here is the metadata of the installed package.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from schemas.program import NAME

# In the folder of an environment that one of these has made for the program alone.
_MADE_BY_UV, _MADE_BY_PIPX = "uv-receipt.toml", "pipx_metadata.json"
_FOR_DEVELOPERS = {"dev", "docs"}


class Extra(NamedTuple):
    """One optional part: what its packages are, and which are missing."""

    name: str
    installed: tuple[str, ...]  # names with versions
    missing: tuple[str, ...]  # names

    @property
    def is_installed(self) -> bool:
        """Whether nothing of it is missing."""
        return not self.missing


def extras() -> list[Extra]:
    """Return the extras that the installed package declares, without those for developers."""
    names = distribution(NAME).metadata.get_all("Provides-Extra") or ()
    return [_examine(name) for name in names if name not in _FOR_DEVELOPERS]


def how_to_install(*wanted: str) -> str:
    """Return the command that adds extras, for the tool that made this environment.

    uv and pipx replace the whole environment, so that the extras that it has are named too.
    """
    prefix = Path(sys.prefix)
    if (prefix / _MADE_BY_UV).exists():
        return f"uv tool install {_requirement(*_present(), *wanted)}"
    if (prefix / _MADE_BY_PIPX).exists():
        return f"pipx install --force {_requirement(*_present(), *wanted)}"
    return f"pip install {_requirement(*wanted)}"


def _present() -> list[str]:
    return [extra.name for extra in extras() if extra.is_installed]


def _requirement(*names: str) -> str:
    quote = '"' if os.name == "nt" else "'"  # cmd.exe keeps single quotes
    option, source = _origin()
    return f"{option}{quote}{source}[{','.join(dict.fromkeys(names))}]{quote}"


def _origin() -> tuple[str, str]:
    """Return what was installed: a folder or a wheel of this machine (PEP 610), or the name."""
    try:
        origin = json.loads(distribution(NAME).read_text("direct_url.json") or "{}")
    except PackageNotFoundError:  # run from a folder, and not installed
        origin = {}
    url = urlsplit(origin.get("url", ""))
    if url.scheme != "file":
        return "", NAME
    from urllib.request import url2pathname  # brings all of HTTP along

    option = "-e " if origin.get("dir_info", {}).get("editable") else ""
    return option, url2pathname(url.path)


def _examine(name: str) -> Extra:
    installed, missing = [], []
    for package in dict.fromkeys(_packages(NAME, name)):
        try:
            installed.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    return Extra(name, tuple(installed), tuple(missing))


def _packages(package: str, extra: str) -> Iterator[str]:
    """Yield what an extra of a package adds here; extras of those packages count, too."""
    from packaging.requirements import Requirement

    try:
        declared = requires(package) or []
    except PackageNotFoundError:
        return
    for text in declared:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or not marker.evaluate({"extra": extra}):
            continue
        if marker.evaluate({"extra": ""}):  # needed without the extra, too
            continue
        yield requirement.name
        for inner in requirement.extras:
            yield from _packages(requirement.name, inner)

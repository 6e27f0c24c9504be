"""Our own code, for workers that may lack it or have another version."""

from __future__ import annotations

from importlib.util import find_spec

_PACKAGES = ("schemas", "sharp_core", "pipeline", "jobs")


def package_folders() -> list[str]:
    """Return the folders of our packages, as Ray's `py_modules` takes them."""
    folders = []
    for name in _PACKAGES:
        spec = find_spec(name)
        assert spec is not None and spec.submodule_search_locations
        folders.append(next(iter(spec.submodule_search_locations)))
    return folders

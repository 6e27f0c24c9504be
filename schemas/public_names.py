"""What a package shows to other programs: each name is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(
    package: str, modules: Mapping[str, str], *, are_inside: bool = True
) -> Callable[[str], object]:
    """Return the `__getattr__` of a package; `modules` has the names, in one text, by module.

    So that `import package` is quick, and its small parts can be had without torch. Modules that
    are not inside the package are named in full.
    """
    before = f"{package}." if are_inside else ""
    places = {name: before + module for module, names in modules.items() for name in names.split()}

    def get(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(places[name]), name)

    return get

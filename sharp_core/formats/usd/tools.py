"""The package usd-core, which is optional: it comes with the extra `usd`."""

from __future__ import annotations

import importlib
import importlib.util
from types import SimpleNamespace
from typing import Any

from schemas.errors import MissingToolError
from schemas.extras import how_to_install

# A stage, layer or prim: the library has no types.
UsdObject = Any

_MODULES = ("Gf", "Sdf", "Usd", "UsdGeom", "UsdVol", "Vt")


def check_usd_core() -> None:
    """Raise MissingToolError where the package is not installed. Imports nothing."""
    if importlib.util.find_spec("pxr") is None:
        raise MissingToolError("USD files need the package usd-core", _how_to_get())


def load_usd() -> SimpleNamespace:
    """Return the modules of USD by name.

    Raises MissingToolError where they are not installed, or too old for Gaussians.
    """
    check_usd_core()
    modules = SimpleNamespace(**{name: importlib.import_module(f"pxr.{name}") for name in _MODULES})
    if not hasattr(modules.UsdVol, "ParticleField3DGaussianSplat"):
        version = ".".join(map(str, modules.Usd.GetVersion()[1:]))
        raise MissingToolError(
            f"USD {version} has no Gaussians; 26.3 and newer have", _how_to_get()
        )
    return modules


def _how_to_get() -> str:
    return f"Get it: {how_to_install('usd')}"

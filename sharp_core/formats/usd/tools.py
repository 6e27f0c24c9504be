"""The package usd-core, which is optional: `pip install 'sharp-batch[usd]'`."""

from __future__ import annotations

import importlib
import importlib.util
from types import SimpleNamespace
from typing import Any

from schemas.errors import MissingToolError

# A stage, layer or prim: the library has no types.
UsdObject = Any

_INSTALL = "Run: pip install 'sharp-batch[usd]'"
_MODULES = ("Gf", "Sdf", "Usd", "UsdGeom", "UsdVol", "Vt")


def check_usd_core() -> None:
    """Raise MissingToolError where the package is not installed. Imports nothing."""
    if importlib.util.find_spec("pxr") is None:
        raise MissingToolError("USD files need the package usd-core", _INSTALL)


def load_usd() -> SimpleNamespace:
    """Return the modules of USD by name.

    Raises MissingToolError where they are not installed, or too old for Gaussians.
    """
    check_usd_core()
    modules = SimpleNamespace(**{name: importlib.import_module(f"pxr.{name}") for name in _MODULES})
    if not hasattr(modules.UsdVol, "ParticleField3DGaussianSplat"):
        version = ".".join(map(str, modules.Usd.GetVersion()[1:]))
        raise MissingToolError(f"USD {version} has no Gaussians; 26.3 and newer have", _INSTALL)
    return modules

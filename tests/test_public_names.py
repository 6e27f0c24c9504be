"""What packages show to other programs: each name is there, and asking for one is cheap."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from importlib.resources import files

import pytest

import sharp_batch
from tests.support.paths import ROOT

PACKAGES = (
    *("schemas", "sharp_core", "pipeline", "jobs", "sharp_batch"),
    *("sharp_core.scene", "sharp_core.models", "sharp_core.formats", "sharp_core.render"),
)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_what_it_is_for_and_has_what_it_shows(name: str) -> None:
    package = import_module(name)
    assert package.__doc__
    for public in getattr(package, "__all__", ()):
        assert getattr(package, public) is not None
    with pytest.raises(AttributeError):
        _ = package.a_name_that_is_not_there


def test_the_page_about_the_python_api_names_what_there_is() -> None:
    page = (ROOT / "docs" / "how-to" / "python.md").read_text()
    names = set(re.findall(r"\bsb\.(\w+)", page))
    assert len(names) > 15
    assert names <= set(sharp_batch.__all__)


def test_importing_them_and_reading_the_registries_imports_nothing_heavy() -> None:
    program = (
        f"import sys, {', '.join(PACKAGES)}; "
        "names = sharp_core.models.MODELS.names + sharp_core.formats.FORMATS.names; "
        "names += pipeline.KINDS.names; "
        "heavy = ('torch', 'numba', 'av', 'numpy', 'PIL', 'sqlalchemy', 'ray', 'typer'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


@pytest.mark.parametrize("name", ["schemas", "sharp_core", "pipeline", "jobs", "sharp_batch"])
def test_other_programs_are_checked_against_the_types_here(name: str) -> None:
    assert (files(name) / "py.typed").is_file()

"""Which extras are installed, and the command that adds one to each kind of environment."""

from __future__ import annotations

import sys
import tomllib

import pytest

from jobs.maintenance.doctor import _PURPOSES
from schemas import extras
from schemas.extras import how_to_install
from tests.support.paths import ROOT

DECLARED = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
)


def test_every_extra_but_those_for_developers_is_examined() -> None:
    found = {extra.name: extra for extra in extras.extras()}
    assert set(found) == DECLARED - {"dev", "docs"} == set(_PURPOSES)
    assert {"fastapi", "jinja2", "uvicorn"} <= {
        one.split()[0] for one in found["gallery"].installed
    }
    assert found["gallery"].is_installed


def test_the_extras_of_needed_packages_count() -> None:
    cluster = next(extra for extra in extras.extras() if extra.name == "cluster")
    packages = [one.split()[0] for one in cluster.installed] + list(cluster.missing)
    assert "aiohttp" in packages  # of ray[default]


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "requires", lambda _: ["no-such-package; extra == 'raw'"])
    raw = next(extra for extra in extras.extras() if extra.name == "raw")
    assert (raw.missing, raw.is_installed) == (("no-such-package",), False)


@pytest.mark.parametrize(
    ("file", "command"),
    [
        (None, "pip install"),
        ("uv-receipt.toml", "uv tool install"),
        ("pipx_metadata.json", "pipx install --force"),
    ],
)
def test_the_command_is_that_of_the_tool_that_made_the_environment(
    tmp_path, monkeypatch: pytest.MonkeyPatch, file: str | None, command: str
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    present = [extras.Extra("gallery", ("jinja2 3",), ()), extras.Extra("raw", (), ("rawpy",))]
    monkeypatch.setattr(extras, "extras", lambda: present)
    if file is None:
        assert how_to_install("s3") == "pip install 'sharp-batch[s3]'"
    else:  # these tools replace the environment: what it has is kept
        (tmp_path / file).touch()
        assert how_to_install("s3") == f"{command} 'sharp-batch[gallery,s3]'"

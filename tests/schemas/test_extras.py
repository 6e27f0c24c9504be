"""Which extras are installed, and the command that adds one to each kind of environment."""

from __future__ import annotations

import json
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
    assert set(found) <= DECLARED - {"dev", "docs"} == set(_PURPOSES)
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
    monkeypatch.setattr(extras, "_origin", lambda: ("", "sharp-batch"))
    if file is None:
        assert how_to_install("s3") == "pip install 'sharp-batch[s3]'"
    else:  # these tools replace the environment: what it has is kept
        (tmp_path / file).touch()
        assert how_to_install("s3") == f"{command} 'sharp-batch[gallery,s3]'"


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "'sharp-batch[s3]'"),
        (
            {"url": "file:///home/ada/sharp%20batch", "dir_info": {"editable": True}},
            "-e '/home/ada/sharp batch[s3]'",
        ),
        (
            {"url": "file:///tmp/sharp_batch-1.whl", "archive_info": {}},
            "'/tmp/sharp_batch-1.whl[s3]'",
        ),
        ({"url": "https://example.org/x.whl"}, "'sharp-batch[s3]'"),
    ],
)
def test_what_was_installed_from_a_file_is_named_by_its_path(
    monkeypatch: pytest.MonkeyPatch, origin: dict[str, object] | None, requirement: str
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return None if origin is None else json.dumps(origin)

    monkeypatch.setattr(extras, "distribution", lambda _: Installed())
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    assert how_to_install("s3") == f"pip install {requirement}"


def test_without_an_installed_package_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise extras.PackageNotFoundError(name)

    monkeypatch.setattr(extras, "distribution", missing)
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    assert how_to_install("usd") == "pip install 'sharp-batch[usd]'"

"""A model, a format and export kinds of another package: no file of this program names them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import made_up_plugin
from tests.support.cli import many_commands
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT

_GALLERY = """
import sys
from pathlib import Path
from jobs.gallery.app import GallerySettings
from pipeline.library import Library
from tests.support.gallery_client import gallery_client

library, cache, photo_id, scene_id = sys.argv[1:]
with gallery_client(GallerySettings(Library.resolve(Path(library)), Path(cache))) as client:
    for path in ("/make", f"/photos/{photo_id}", f"/photos/{photo_id}/exports/count",
                 f"/scenes/{scene_id}.rows"):
        answer = client.get(path)
        print(answer.status_code, answer.text)
"""


@pytest.fixture
def commands(environment: dict[str, str]) -> Iterator[Callable[..., Any]]:
    with many_commands(environment) as commands:
        yield commands


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "packages"
    folder.mkdir()
    made_up_plugin.install(folder)
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}


def test_what_another_package_adds_is_used_everywhere(
    tmp_path: Path, environment: dict[str, str], commands: Callable[..., Any]
) -> None:
    library, to, splat = tmp_path / "library", tmp_path / "exports", tmp_path / "one.rows"
    make_photos(tmp_path / "photos", 2)
    photo = next((tmp_path / "photos").iterdir())

    def program(*arguments: str | Path, code: int = 0) -> Any:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def command(*arguments: str | Path, code: int = 0) -> Any:
        done = commands(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def run(*arguments: str | Path, code: int = 0) -> Any:
        return json.loads(command(*arguments, "--json", code=code).stdout)

    make = ("--model", "guess", "--format", "rows")
    dry = run("ingest", tmp_path / "photos", "--library", library, *make, "--dry-run")
    assert (dry["estimated_seconds"], dry["estimated_bytes"]) == (1.0, 2 * 64 * 200)
    done = program(
        *("-m", "jobs", "ingest", tmp_path / "photos", "--library", library, *make, "--inline")
    )
    assert "the model 'absent' of the package made-up-plugin could not be loaded" in done.stderr
    records = run("query", "--library", library, "--model", "guess")
    assert [(one["model"], one["format"], one["gaussians"]) for one in records] == [
        ("guess", "rows", 64)
    ] * 2
    stored = library / records[0]["splat_path"]
    assert run("show", stored)["format"] == "rows"

    assert run("predict", photo, "-o", splat, "--model", "guess")["gaussians"] == 64
    assert run("convert", splat, tmp_path / "one.ply")["source_format"] == "rows"
    assert run("convert", "--library", library, "--format", "sog", "--inline")["done"] == 2
    assert run("convert", "--library", library, "--format", "rows", "--inline")["done"] == 2

    export = ("export", "--library", library, "--to", to)
    for more in (("--dry-run",), ("--inline",)):
        error = run(*export, "--kind", "count", "--kind", "fortune", *more, code=2)
        assert "--kind fortune" in error["error"]
        assert (error["hint"], to.exists()) == ("Buy one.", False)
    kinds = ("--kind", "count", "--kind", "rows")
    assert len(run(*export, *kinds, "--dry-run")["files"]) == 4
    assert run(*export, *kinds, "--inline")["done"] == 2
    assert [file.read_text() for file in to.glob("*_count.txt")] == ["64", "64"]
    assert len(list(to.glob("*.rows"))) == 2

    config = tmp_path / "nightly.toml"
    config.write_text(
        'library = "library"\n[[sources]]\npath = "photos"\n[model]\nname = "guess"\n'
        f'[scenes]\nformat = "rows"\n[[exports]]\nkinds = ["count"]\nto = "{to}"\n'
    )
    command("nightly", "--config", config, "--check")
    config.write_text(config.read_text().replace('"count"', '"counts"'))
    wrong = command("nightly", "--config", config, "--check", code=2)
    assert "Did you mean 'count'?" in wrong.stderr
    # Nothing of the packages is loaded by a command that uses none of it.
    assert "absent" not in program("-m", "jobs", "status", "--library", library).stderr

    help_text = command("ingest", "--help").stdout
    assert "sharp|guess|small" in help_text or "|guess]" in help_text
    record = records[0]
    pages = program(
        "-c", _GALLERY, library, tmp_path / "cache", record["photo_id"], record["scene_id"]
    ).stdout
    assert '<option translate="no">guess</option>' in pages
    assert "a wall three metres away" in pages
    assert "ROWS, for people who read numbers" in pages
    assert "exports/count" in pages
    assert "exports/fortune" not in pages
    assert "200 64" in pages
    assert '200 {"camera"' in pages


def test_a_name_that_nobody_registers_is_told_with_the_choices(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "jobs", "predict", "x.jpg", "-o", "x.ply", "--model", "absent"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--model absent: there is no such model" in done.stderr
    assert "sharp, small, guess" in done.stderr
    assert "made_up_plugin_package_that_is_not_there" in done.stderr

"""Commands that only look after a library start without what takes long to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from jobs.cli import COMMANDS, make_command_line
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT
from tests.support.trivial_model import ingest

# Runs command lines in one process, and tells which heavy packages each left imported.
_PROGRAM = """
import contextlib, io, json, sys
from jobs.cli import main
loaded, (lines, heavy) = [], map(json.loads, sys.argv[1:])
for arguments in lines:
    sys.argv = ["sharp-batch", *arguments]
    code = None
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as error:
            code = error.code
    found = [name for name in heavy if name in sys.modules]
    loaded.append([arguments, code, found])
print(json.dumps(loaded))
"""

SECONDS = ("torch", "ray", "numba")  # each takes a second or more
# Some 20 ms and more each, of what only some commands need.
HEAVY = (*SECONDS, "numpy", "PIL", "av", "pyarrow", "fsspec", "psutil", "filelock", "rich")
DATABASE = ("sqlalchemy", "sqlite3")


def loaded_after(
    *command_lines: list[str], heavy: tuple[str, ...] = SECONDS
) -> list[tuple[list[str], int, list[str]]]:
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(command_lines), json.dumps(heavy)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [tuple(found) for found in json.loads(result.stdout)]  # type: ignore[misc]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("light")
    make_photos(folder / "photos", 2)
    ingest(folder / "library", folder / "photos")
    return folder / "library"


@pytest.mark.parametrize(
    "command",
    [
        ["gc"],
        ["gc", "--dry-run"],
        ["verify"],
        ["verify", "--quick"],
        ["status"],
        ["query"],
        ["query", "--format", "parquet"],
        ["catalog", "snapshot"],
        ["catalog", "migrate"],
    ],
    ids=" ".join,
)
def test_maintenance_of_a_library_imports_neither_torch_nor_ray(
    library: Path, command: list[str], tmp_path: Path
) -> None:
    arguments = [*command, "--library", str(library)]
    if "parquet" in command:
        arguments += ["--output", str(tmp_path / "records.parquet")]
    assert loaded_after(arguments) == [(arguments, 0, [])]


def test_the_list_of_commands_imports_nothing_heavy_and_no_command() -> None:
    heavy = (*HEAVY, *DATABASE, "urllib.request", "importlib.metadata", "schemas.records")
    commands = [f"jobs.commands.{name}" for name in COMMANDS]
    assert loaded_after(["--help"], heavy=(*heavy, *commands)) == [(["--help"], 0, [])]


def test_reading_a_catalog_imports_only_the_database(library: Path) -> None:
    photo = str(library.parent / "photos" / "photo000.jpg")
    lines = [
        [*command, "--library", str(library)]
        for command in (["query"], ["status"], ["show", photo])
    ]
    unused = ("pipeline.catalog.writer", "pipeline.catalog.postgres", "urllib.request")
    for arguments, code, found in loaded_after(*lines, heavy=(*HEAVY, *unused)):
        assert (code, found) == (0, []), arguments


def test_help_imports_no_database_and_nothing_that_takes_a_second() -> None:
    lines = []
    for name, command in get_command(make_command_line()).commands.items():  # type: ignore[attr-defined]
        lines.append([name, "--help"])
        lines += [[name, inner, "--help"] for inner in getattr(command, "commands", ())]
    assert len(lines) > len(COMMANDS)
    for arguments, code, found in loaded_after(*lines, heavy=(*SECONDS, *DATABASE)):
        assert (code, found) == (0, []), arguments


def test_the_driver_of_a_cluster_imports_no_torch_before_ray_has_started() -> None:
    """So that predictors, which import it too, do not wait for it."""
    program = (
        "import sys, jobs.commands.ingest, jobs.runs.ingest, pipeline.cluster.runner; "
        f"sys.exit(str([name for name in {SECONDS} if name != 'ray' and name in sys.modules]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.stderr == "[]\n"

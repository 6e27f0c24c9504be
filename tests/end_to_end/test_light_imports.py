"""Commands that only look after a library start without torch and Ray, which take seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.cli import make_command_line
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT
from tests.support.trivial_model import ingest

# Runs command lines in one process, and tells which heavy packages each left imported.
_PROGRAM = """
import contextlib, io, json, sys
from jobs.cli import main
loaded = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["sharp-batch", *arguments]
    code = None
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as error:
            code = error.code
    found = [name for name in ("torch", "ray") if name in sys.modules]
    loaded.append([arguments, code, found])
print(json.dumps(loaded))
"""


def loaded_after(*command_lines: list[str]) -> list[tuple[list[str], int, list[str]]]:
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(command_lines)],
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


def test_help_imports_neither_torch_nor_ray() -> None:
    app = make_command_line()
    commands = [info.name for info in app.registered_commands]
    groups = {info.name: info.typer_instance for info in app.registered_groups}
    lines = [["--help"], *([str(name), "--help"] for name in commands)]
    for name, group in groups.items():
        assert group is not None
        lines.append([str(name), "--help"])
        lines += [[str(name), str(info.name), "--help"] for info in group.registered_commands]
    assert len(lines) > 16
    for arguments, code, found in loaded_after(*lines):
        assert (code, found) == (0, []), arguments

"""The command line as people and programs meet it, in real processes."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.query import RECORD_FIELDS
from schemas.errors import ExitCode, FailureReason, SkipReason
from tests.made_photos import make_photo, make_photos
from tests.trivial_model import ingest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = ("ingest", "status", "query", "show", "predict", "doctor")


def run(*arguments: str | Path, text: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=text, check=False)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli")
    make_photos(root / "photos", 2)
    (root / "photos" / "notes.jpg").write_text("notes")
    make_photo(root / "photos" / "été" / "tiny.jpg", 3, (64, 64))
    ingest(root / "library", root / "photos")
    return root / "library"


def test_every_command_is_documented_and_has_help() -> None:
    overview = run("--help").stdout
    for command in COMMANDS:
        assert command in overview
        assert f"`{command}" in README
        result = run(command, "--help")
        assert result.returncode == 0
        assert "--json" in result.stdout


def test_every_exit_code_is_documented() -> None:
    for code in ExitCode:
        assert f"| {int(code)} |" in README


def test_reasons_are_documented_or_said_by_themselves() -> None:
    names = {*FailureReason, *SkipReason}
    assert len(names) == len(FailureReason) + len(SkipReason)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ingest", "/nowhere/at/all", "--model", "prior"], 2, "does not exist"),
        (["ingest", ".", "--model", "prior", "--limit", "0"], 2, "at least 1"),
        (["ingest", ".", "--model", "prior", "--focal-mm", "0"], 2, "no usable focal length"),
        (["ingest"], 2, "Missing argument"),
        (["status", "--library", "/nowhere"], 2, "holds no library"),
        (["query", "--near", "somewhere"], 2, "LAT,LON,KM"),
        (["query", "--after", "yesterday"], 2, "--after"),
        (["no-such-command"], 2, "No such command"),
        (["predict", "README.md", "-o", "x.xyz", "--model", "prior"], 2, "x.xyz"),
        (["predict", "README.md", "-o", "x.ply", "--model", "prior"], 1, "not_a_photo"),
        (["ingest", ".", "--model", "sharp", "--checkpoint", "/nowhere.pt"], 4, "prior"),
    ],
)
def test_a_mistake_gets_its_exit_code_and_a_word_without_a_traceback(
    arguments: list[str], code: int, words: str
) -> None:
    result = run(*arguments)
    assert result.returncode == code, result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_error_is_json_too_when_json_is_asked_for() -> None:
    result = run("status", "--library", "/nowhere", "--json")
    assert result.returncode == 2
    answer = json.loads(result.stdout)
    assert answer["exit_code"] == 2
    assert "holds no library" in answer["error"]


def test_a_damaged_catalog_is_exit_5(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"no database" * 500)
    result = run("status", "--library", tmp_path)
    assert result.returncode == 5
    assert "Traceback" not in result.stderr


def test_a_run_with_a_failed_photo_is_exit_1_and_the_next_exit_0(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "notes.jpg").write_text("notes")
    arguments = ("ingest", tmp_path / "photos", "--library", tmp_path / "library")
    first = run(*arguments, "--model", "prior", "--inline", "--json")
    assert first.returncode == 1, first.stderr
    assert json.loads(first.stdout)["reasons"] == {"not_a_photo": 1}
    second = run(*arguments, "--model", "prior", "--json")
    assert second.returncode == 0
    assert json.loads(second.stdout)["due"] == 0


def test_status_counts_and_json_agrees(library: Path) -> None:
    result = run("status", "--library", library)
    assert "done 2" in result.stdout
    assert "not_a_photo 1" in result.stdout
    assert json.loads(run("status", "--library", library, "--json").stdout)["photos"] == {
        "done": 2,
        "failed": 1,
        "skipped": 1,
    }


def test_all_formats_of_a_query_hold_the_same_records(library: Path, tmp_path: Path) -> None:
    as_json = json.loads(run("query", "--library", library, "--json").stdout)
    lines = run("query", "--library", library, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == as_json
    assert [tuple(record) for record in as_json] == [RECORD_FIELDS] * 4
    rows = csv.DictReader(io.StringIO(run("query", "--library", library, "--format", "csv").stdout))
    assert [row["photo_id"] for row in rows] == [record["photo_id"] for record in as_json]
    paths = run("query", "--library", library, "--format", "paths").stdout.splitlines()
    assert paths == [record["paths"][0] for record in as_json]
    to = tmp_path / "records.parquet"
    assert run("query", "--library", library, "--format", "parquet", "-o", to).returncode == 0
    table = pq.read_table(to).to_pylist()
    assert [row["splat_bytes"] for row in table] == [record["splat_bytes"] for record in as_json]
    for record in as_json:
        assert record["splat_path"] is None or Path(record["splat_path"]).is_file()


def test_the_table_names_each_photo_in_full(library: Path) -> None:
    text = run("query", "--library", library).stdout
    assert re.search(r"skipped: too_small\b.*/été/tiny\.jpg", text)


def test_show_tells_all_of_a_photo(library: Path) -> None:
    photo = library.parent / "photos" / "photo000.jpg"
    text = run("show", photo, "--library", library).stdout
    assert "splat_sha256" in text
    assert str(photo) in text
    answer = json.loads(run("show", photo, "--library", library, "--json").stdout)
    assert answer["scenes"][0]["gaussians"] == 64


def test_a_reader_that_stops_early_is_no_error(library: Path) -> None:
    command = f"{sys.executable} -c 'from jobs.cli import main; main()' query --json --library"
    result = subprocess.run(
        f"{command} '{library}' | head -c 10", shell=True, cwd=ROOT, capture_output=True, check=True
    )
    assert b"Traceback" not in result.stderr


def test_doctor_names_what_it_looked_at() -> None:
    result = run("doctor", "--json")
    names = [check["name"] for check in json.loads(result.stdout)["checks"]]
    assert {"python", "torch", "ray", "disk", "library"} <= set(names)

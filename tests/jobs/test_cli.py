"""The command line as people and programs meet it, in real processes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.cli import COMMANDS
from pipeline.catalog.query import RECORD_FIELDS
from schemas.errors import ExitCode
from tests.support.cli import run
from tests.support.made_photos import make_photo, make_photos
from tests.support.paths import ROOT
from tests.support.trivial_model import ingest

GROUPS = ("catalog", "model", "share")  # whose commands have the options


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli")
    make_photos(root / "photos", 2)
    (root / "photos" / "notes.jpg").write_text("notes")
    make_photo(root / "photos" / "été" / "tiny.jpg", 3, (64, 64))
    ingest(root / "library", root / "photos")
    return root / "library"


def test_every_command_is_listed_and_has_help() -> None:
    overview = run("--help").stdout
    for command in COMMANDS:
        assert command in overview
        result = run(command, "--help")
        assert result.returncode == 0
        assert command in GROUPS or "--json" in result.stdout


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"sharp-batch {version('sharp-batch')}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ingest", "/nowhere/at/all", "--model", "small"], 2, "does not exist"),
        (["ingest", ".", "--model", "small", "--limit", "0"], 2, "between 1 and 1,000,000,000"),
        (["ingest", ".", "--model", "small", "--focal-35mm", "0"], 2, "between 2 and 2000"),
        (["ingest"], 2, "try the bundled sample photos: --samples"),
        (["status", "--library", "/nowhere"], 2, "holds no library"),
        (["query", "--near", "somewhere"], 2, "LAT,LON,KM"),
        (["export", "--kind", "sbs"], 2, "--to"),
        (["export", "--kind", "x", "--to", "exported"], 2, "spatial-heic"),
        (["export", "--kind", "sbs", "--to", "exported", "--name", "{x}"], 2, "camera_model"),
        (["export", "photo.heic"], 2, "--check"),
        (["query", "--after", "yesterday"], 2, "--after"),
        (["query", "--limit", "99999999999999999999"], 2, "--limit"),
        (["query", "--format", "csv", "-o", "/no/such/x.csv"], 2, "no folder /no/such"),
        (["query", "--format", "csv", "-o", "/"], 2, "is a folder"),
        (["query", "-o", "x.csv"], 2, "--format"),
        (["no-such-command"], 2, "No such command"),
        (["predict", "README.md", "-o", "x.xyz", "--model", "small"], 2, "x.xyz"),
        (["predict", "README.md", "-o", "x.ply", "--model", "small"], 1, "not_a_photo"),
        (["ingest", ".", "--model", "sharp", "--checkpoint", "/nowhere.pt"], 4, "small"),
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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["status", "--library", "/nowhere"], "holds no library"),
        (["query", "--no-such-option"], "--no-such-option"),
        (["ingest"], "SOURCE"),
    ],
)
def test_an_error_is_json_too_when_json_is_asked_for(arguments: list[str], words: str) -> None:
    result = run(*arguments, "--json")
    assert result.returncode == 2
    answer = json.loads(result.stdout)
    assert answer["exit_code"] == 2
    assert words in answer["error"]


def test_a_wrong_expression_is_one_json_document(library: Path) -> None:
    result = run("query", "--library", library, "--json", "--where", "no_such_field = 1")
    assert result.returncode == 2
    assert "no_such_field" in json.loads(result.stdout)["error"]


def test_a_damaged_catalog_is_exit_5(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"no database" * 500)
    result = run("status", "--library", tmp_path)
    assert result.returncode == 5
    assert "Traceback" not in result.stderr


def test_a_run_with_a_failed_photo_is_exit_1_and_the_next_exit_0(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "notes.jpg").write_text("notes")
    arguments = ("ingest", tmp_path / "photos", "--library", tmp_path / "library")
    first = run(*arguments, "--model", "small", "--inline", "--json")
    assert first.returncode == 1, first.stderr
    assert json.loads(first.stdout)["reasons"] == {"not_a_photo": 1}
    second = run(*arguments, "--model", "small", "--json")
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


def test_a_file_of_records_is_replaced_whole_or_not_at_all(library: Path, tmp_path: Path) -> None:
    to = tmp_path / "records.csv"
    to.write_text("old")
    query = ("query", "--library", library, "--format", "csv", "-o", to)
    assert run(*query, "--where", "no_such_field = 1").returncode == 2
    assert to.read_text() == "old"
    assert run(*query).returncode == 0
    assert len(list(csv.DictReader(to.read_text().splitlines()))) == 4
    assert list(tmp_path.iterdir()) == [to]


def test_a_device_is_written_to_and_not_replaced(library: Path) -> None:
    assert run("query", "--library", library, "--format", "csv", "-o", "/dev/null").returncode == 0
    assert Path("/dev/null").is_char_device()


def test_names_that_are_no_utf_8_come_through(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b"caf\xe9")
    photo = root / os.fsdecode(b"\xe9t\xe9.jpg")
    make_photo(photo, 1)
    ingest(root / "library", photo)
    for kind in ("csv", "parquet", "table", "paths"):
        query = ("query", "--library", root / "library", "--format", kind)
        result = run(*query, "--path", photo, text=False, encoding="ascii")
        assert result.returncode == 0, result.stderr
        if kind == "paths":
            assert result.stdout == os.fsencode(photo) + b"\n"
        else:
            assert rb"\xe9t\xe9.jpg" in result.stdout
    shown = run("show", photo, "--library", root / "library", "--json", encoding="ascii")
    assert json.loads(shown.stdout)["paths"][0]["path"].endswith(r"\xe9t\xe9.jpg")
    assert run("status", "--library", root / "library", encoding="ascii").returncode == 0


def test_json_is_ascii_and_the_table_survives_a_terminal_of_few_letters(library: Path) -> None:
    table = run("query", "--library", library, encoding="ascii")
    assert table.returncode == 0
    assert r"\xe9t\xe9/tiny.jpg" in table.stdout
    records = json.loads(run("query", "--library", library, "--json", encoding="ascii").stdout)
    assert any("/été/" in record["paths"][0] for record in records)


def test_the_table_names_each_photo_in_full(library: Path) -> None:
    text = run("query", "--library", library).stdout
    assert re.search(r"skipped: too_small\b.*/été/tiny\.jpg", text)


def test_show_tells_all_of_a_photo(library: Path) -> None:
    photo = library.parent / "photos" / "photo000.jpg"
    text = run("show", photo, "--library", library).stdout
    assert "splat_sha256" in text
    assert re.search(rf"^path +{photo}$", text, re.MULTILINE)
    answer = json.loads(run("show", photo, "--library", library, "--json").stdout)
    assert answer["scenes"][0]["gaussians"] == 64
    assert answer["paths"] == [{"path": str(photo), "missing_at": None, "skip_reason": None}]


def test_show_says_which_splat_file_is_missing(library: Path) -> None:
    result = run("show", "nowhere/a scene.sog", "--library", library)
    assert result.returncode == ExitCode.USAGE
    assert "no splat file nowhere/a scene.sog" in result.stderr


@pytest.mark.posix
@pytest.mark.parametrize("arguments", ["query --json", "query", "status --json"])
def test_a_reader_that_stops_early_is_no_error(library: Path, arguments: str) -> None:
    # `true` reads nothing: the pipe is closed, for certain, before the first byte is written.
    ours = f"{sys.executable} -c 'from jobs.cli import main; main()' {arguments}"
    command = f"{{ sleep 0.2; {ours} --library '{library}'; }} | true; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "0\n"
    assert result.stderr.strip() in {"", "4 photos"}


def test_doctor_names_what_it_looked_at() -> None:
    result = run("doctor", "--json")
    names = [check["name"] for check in json.loads(result.stdout)["checks"]]
    looked_at = {"python", "torch", "ray", "numba", "av", "weights of sharp", "disk", "library"}
    assert looked_at | {"writing", "extra s3"} <= set(names)


def test_the_samples_are_taken_where_they_are_asked_for_and_a_price_is_told(
    tmp_path: Path,
) -> None:
    options = ("--library", tmp_path / "library", "--model", "small", "--dry-run", "--json")
    price = ("--price-per-gpu-hour", "3600", "--predictors", "2")
    result = run("ingest", "--samples", *options, *price)
    found = json.loads(result.stdout)
    assert (found["due"], result.returncode) == (6, 0)
    cost = found["cost"]
    assert (cost["photos"], cost["gpus"]) == (6, 2)
    assert cost["price"] == pytest.approx(3600 * cost["gpu_hours"], abs=0.5)
    assert "using the bundled samples" in result.stderr

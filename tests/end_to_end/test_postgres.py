"""Commands on a library whose catalog is in PostgreSQL, in real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE
from tests.support.cli import run
from tests.support.made_photos import make_photos
from tests.support.postgres import fresh_schema
from tests.support.trivial_model import ingest

HOLDER = """
import sys, time
from pathlib import Path
from pipeline.library import Library
with Library.resolve(Path(sys.argv[1]), sys.argv[2]).hold("ingest"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def url(postgres_server: str) -> str:
    return fresh_schema(postgres_server)


def test_a_library_with_its_catalog_in_postgres(tmp_path: Path, url: str) -> None:
    photos = make_photos(tmp_path / "photos", 2)
    (tmp_path / "photos" / "notes.jpg").write_text("notes")
    library = tmp_path / "photos" / "library"  # whose own files are no photos
    assert ingest(library, tmp_path / "photos", catalog=url).done == 2
    assert ingest(library, tmp_path / "photos").unchanged == 3  # the library knows its catalog
    assert not (library / CATALOG_FILE).exists()

    status = json.loads(run("status", "--library", library, "--json").stdout)
    assert status["photos"] == {"done": 2, "failed": 1}
    assert [run["state"] for run in status["runs"]] == ["finished", "finished"]
    query = ("query", "--library", library, "--json", "--where")
    found = json.loads(run(*query, "gaussians = 64 AND created_at > '2000'").stdout)
    assert {record["paths"][0] for record in found} == {str(photo) for photo in photos}
    wrong = run(*query, "paths IS NULL")
    assert wrong.returncode == 2
    assert "paths" in wrong.stderr
    shown = run("show", photos[0], "--library", library, "--json")
    assert json.loads(shown.stdout)["state"] == "done"


def test_looking_makes_no_catalog(tmp_path: Path, url: str) -> None:
    make_photos(tmp_path / "photos", 1)
    command = ("ingest", tmp_path / "photos", "--library", tmp_path / "library", "--dry-run")
    result = run(*command, "--catalog", url, "--model", "small", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["due"] == 1
    assert not (tmp_path / "library").exists()
    assert not Library.resolve(tmp_path / "library", url).has_catalog()


def test_a_held_catalog_is_exit_3(tmp_path: Path, url: str) -> None:
    make_photos(tmp_path / "photos", 1)
    (tmp_path / "elsewhere").mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "elsewhere", url],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        command = ("ingest", tmp_path / "photos", "--library", tmp_path / "library")
        result = run(*command, "--catalog", url, "--model", "small", "--inline")
        assert result.returncode == 3, result.stderr
        assert f"process {holder.pid}" in result.stderr
    finally:
        holder.kill()
        holder.communicate()

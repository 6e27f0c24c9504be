"""Others look at a library while a run in another process writes it, on either database."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.catalog.status import read_status
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT
from tests.support.trivial_model import ingest

PHOTOS = 10


def start_run(library: Path, photos: Path, url: str | None) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.support.trivial_model",
        str(library),
        str(photos),
        "--inline",
    ]
    command += ["--seconds", "0.05", *(["--catalog", url] if url else [])]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_readers_see_a_run_grow_and_block_nothing(tmp_path: Path, catalog_url: str | None) -> None:
    library, photos = tmp_path / "library", tmp_path / "photos"
    make_photos(photos, 1)
    ingest(library, photos, catalog=catalog_url)
    make_photos(photos, PHOTOS)
    seen = []
    with Library.resolve(library, catalog_url).read() as from_the_start:
        assert len(list(find(from_the_start, Filters()))) == 1
        run = start_run(library, photos, catalog_url)
        while run.poll() is None:
            with Library.resolve(library, catalog_url).read() as reader:
                status = read_status(reader)
                done = list(find(reader, Filters(state="done", where="gaussians > 1")))
            seen.append(status.photos["done"])
            assert len(done) >= status.photos["done"]
            time.sleep(0.02)
        out, err = run.communicate()
        assert run.returncode == 0, err
        # A reader whose question is still open has held up nothing.
        assert from_the_start.in_transaction()
    assert json.loads(out)["done"] == PHOTOS - 1
    assert seen == sorted(seen)
    assert len(set(seen)) > 2, "the readers came too late"
    assert (library / CATALOG_FILE).exists() == (catalog_url is None)

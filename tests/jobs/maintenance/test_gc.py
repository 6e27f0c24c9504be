"""What `gc` removes, and above all what it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.maintenance.gc import GcReport, collect_garbage
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from pipeline.store.layout import TEMPORARY_PREFIX
from schemas.settings import IngestSettings, PhotoSettings
from schemas.tables import scenes
from sharp_core.formats.sog.entry import SOG
from tests.support.cli import run
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest
from tests.support.whole_library import check_whole, contents, files

ID = "ab" + "0" * 30
OTHER_FOCAL = IngestSettings(photo=PhotoSettings(focal_35mm=50.0))


def gc(library: Path, url: str | None = None, **options: bool) -> GcReport:
    return collect_garbage(Library.resolve(library, url), Output(quiet=True), **options)


def put(library: Path, path: str, size: int = 7) -> None:
    (library / path).parent.mkdir(parents=True, exist_ok=True)
    (library / path).write_bytes(b"x" * size)


def everything(library: Path) -> dict[str, int]:
    paths = [path for path in library.rglob("*") if path.is_file() and path.name != "lock"]
    return {str(path.relative_to(library)): path.stat().st_size for path in paths}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 2)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


def test_nothing_goes_from_a_library_in_order(library: Path) -> None:
    before = everything(library)
    report = gc(library)
    assert (report.bytes, report.paths, report.foreign) == (0, [], 0)
    assert everything(library) == before


def test_orphans_and_half_written_files_go(library: Path) -> None:
    before = everything(library)
    partial = f"{TEMPORARY_PREFIX}{'f' * 32}"
    orphans = [f"scenes/ab/{ID}.ply", f"thumbs/ab/{ID}.webp", f"previews/ab/{ID}.clip.mp4"]
    for path in [*orphans, f"scenes/ab/{partial}", f"runs/{partial}"]:
        put(library, path)
    after = everything(library)
    look = gc(library, is_dry_run=True)
    assert (look.orphans, look.temporaries, look.bytes) == (3, 2, 35)
    assert set(orphans) <= set(look.paths)
    assert everything(library) == after
    assert gc(library).bytes == 35
    assert everything(library) == before
    assert gc(library).paths == []


@pytest.mark.parametrize("quality", [q for q in SOG.qualities if q != "default"])
def test_orphans_of_every_quality_go(library: Path, quality: str) -> None:
    before = everything(library)
    orphan = f"scenes/ab/{ID}.{quality}.sog"
    put(library, orphan)
    assert gc(library).paths == [orphan]
    assert everything(library) == before


@pytest.mark.parametrize(
    "path",
    [
        "scenes/README.txt",
        f"scenes/ab/{ID}.mine.sog",  # no quality
        f"scenes/ab/{ID}.high.sog.bak",
        "scenes/ab/mine.ply",
        f"scenes/cd/{ID}.ply",  # not in the folder of its name
        f"scenes/ab/deeper/{ID}.ply",
        f"thumbs/ab/{ID}.jpg",
        f"previews/ab/{ID}.mp4",
        f"scenes/ab/{TEMPORARY_PREFIX}notes",
        "photos/IMG_1.jpg",
        f"scenes/ab/{ID.upper()}.ply",
        "notes.txt",
    ],
)
def test_foreign_files_stay(library: Path, path: str) -> None:
    put(library, path)
    assert gc(library).paths == []
    assert (library / path).exists()


def test_superseded_scenes_of_a_model_that_cannot_be_ranked_stay(tmp_path: Path) -> None:
    library, photos = tmp_path / "library", tmp_path / "photos"
    make_photos(photos, 1)
    ingest(library, photos)
    ingest(library, photos, settings=OTHER_FOCAL)
    with Library.resolve(library).write() as writer, writer.engine.begin() as connection:
        connection.execute(scenes.update().values(model="of-a-broken-package"))
    assert gc(library).paths == []


def test_superseded_scenes_go_with_their_rows(tmp_path: Path, catalog_url: str | None) -> None:
    library, photos = tmp_path / "library", tmp_path / "photos"
    make_photos(photos, 2)
    ingest(library, photos, catalog=catalog_url)
    old = contents(library)
    ingest(library, photos, settings=OTHER_FOCAL)
    old_bytes = sum((library / path).stat().st_size for path in files(library, "scenes")) // 2
    assert gc(library, keep_superseded=True).paths == []
    look = gc(library, is_dry_run=True)
    assert (look.superseded, look.superseded_bytes) == (2, pytest.approx(old_bytes, rel=0.1))
    assert gc(library).superseded == 2
    assert not set(old) & set(contents(library))
    assert len(files(library, "scenes")) == 2
    with Library.resolve(library).read() as reader:
        states = {record.state for record in find(reader, Filters())}
    assert states == {"done"}
    assert gc(library).paths == []
    assert ingest(library, photos, settings=OTHER_FOCAL).due == 0


def test_the_command_looks_first(library: Path) -> None:
    put(library, f"scenes/ab/{ID}.ply", 3000)
    look = run("gc", "--library", library, "--dry-run", "--verbose")
    assert look.returncode == 0, look.stderr
    assert "Would remove 3 kB" in look.stdout
    assert f"scenes/ab/{ID}.ply" in look.stderr
    done = json.loads(run("gc", "--library", library, "--json").stdout)
    assert (done["orphans"], done["bytes"], done["is_dry_run"]) == (1, 3000, False)
    check_whole(library)

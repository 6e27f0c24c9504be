from __future__ import annotations

import contextlib
import io
import sys
from datetime import datetime, timedelta
from pathlib import Path

import av
import pytest
import sqlalchemy as sa
from PIL import Image

from jobs.console.output import Output
from jobs.runs.preview import PreviewReport, preview
from jobs.runs.scene_run import scene_runner
from pipeline.catalog.filters import Filters
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.library import Library
from pipeline.work.map_scenes import InlineSceneRunner, SceneRunner
from schemas.choices import PreviewKind
from schemas.errors import RunError, UsageError
from schemas.export_settings import PreviewSettings
from schemas.settings import IngestSettings
from schemas.tables import artifacts, photos
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest

SHORT = PreviewSettings((PreviewKind.CLIP, PreviewKind.STILL), seconds=0.2, long_side=64)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 3)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


def make(
    library: Path,
    settings: PreviewSettings = SHORT,
    filters: Filters = Filters(),  # noqa: B008 - frozen
    inline: bool = True,
) -> PreviewReport:
    def runner() -> contextlib.AbstractContextManager[SceneRunner]:
        if inline:
            return contextlib.nullcontext(InlineSceneRunner())
        return RayRunner(ClusterSettings(object_store_bytes=200_000_000))

    return preview(Library.resolve(library), filters, settings, Output(quiet=True), runner)


def previews(library: Path) -> dict[str, bytes]:
    folder = library / "previews"
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def recorded(library: Path) -> set[tuple[str, int]]:
    with Library.resolve(library).read() as connection:
        rows = connection.execute(sa.select(artifacts).where(artifacts.c.kind != "thumb")).all()
    return {(Path(row.path).name, row.bytes) for row in rows}


def test_every_scene_gets_its_previews_and_each_is_recorded(library: Path) -> None:
    report = make(library)
    assert (report.selected, report.done, report.failed) == (3, 3, 0)
    made = previews(library)
    assert {(name, len(data)) for name, data in made.items()} == recorded(library)
    for name, data in made.items():
        if name.endswith(".png"):
            assert max(Image.open(io.BytesIO(data)).size) <= 64
        else:
            with av.open(io.BytesIO(data)) as clip:
                assert len(list(clip.decode(video=0))) == 6


def test_a_photo_that_names_a_lost_scene_does_not_stop_the_others(library: Path) -> None:
    with Library.resolve(library).write() as writer, writer.engine.begin() as connection:
        photo_id = connection.scalar(sa.select(photos.c.photo_id).limit(1))
        lost = photos.update().where(photos.c.photo_id == photo_id).values(scene_id="f" * 32)
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.execute(lost)
    assert make(library).done == 2


def test_a_second_run_makes_nothing_again_and_a_lost_file_anew(library: Path) -> None:
    make(library)
    assert (make(library).done, make(library).unchanged) == (0, 3)
    next((library / "previews").rglob("*.mp4")).unlink()
    assert (make(library).done, len(previews(library))) == (1, 6)


def test_other_settings_replace_what_was_made(library: Path) -> None:
    make(library)
    longer = PreviewSettings(SHORT.kinds, seconds=0.4, long_side=64)
    assert make(library, longer).done == 3
    assert len(recorded(library)) == len(previews(library)) == 6


def test_past_its_deadline_nothing_is_begun(library: Path) -> None:
    past = datetime.now().astimezone() - timedelta(seconds=1)
    runner = scene_runner(inline=True, address=None)
    report = preview(
        Library.resolve(library), Filters(), SHORT, Output(quiet=True), runner, deadline=past
    )
    assert report.is_out_of_time
    assert not report.is_interrupted
    assert (report.done, report.left, previews(library)) == (0, 3, {})


def test_filters_choose_the_scenes(library: Path) -> None:
    report = make(library, filters=Filters(path="*photo001*"))
    assert (report.selected, report.done) == (1, 1)


def test_on_ray_the_previews_are_the_same(library: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "other", tmp_path / "photos")
    make(library)
    assert make(tmp_path / "other", inline=False).done == 3
    assert previews(tmp_path / "other") == previews(library)


def test_ingest_makes_them_in_passing_and_preview_finds_them_made(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 2)
    library = tmp_path / "library"
    ingest(library, tmp_path / "photos", settings=IngestSettings(previews=SHORT))
    assert len(recorded(library)) == 4
    assert make(library).unchanged == 2


def test_a_damaged_scene_fails_alone_and_stays_done(library: Path) -> None:
    next((library / "scenes").rglob("*.sog")).write_bytes(b"no splat")
    report = make(library)
    assert (report.done, report.failed, report.reasons) == (2, 1, {"unreadable": 1})
    with Library.resolve(library).read() as connection:
        assert set(connection.scalars(sa.select(photos.c.state))) == {"done"}
    assert ingest(library, library.parent / "photos").due == 0


@pytest.mark.parametrize("inline", [True, False])
def test_a_library_that_cannot_be_written_blames_no_scene(library: Path, inline: bool) -> None:
    (library / "previews").write_text("a file where a folder has to be")
    with pytest.raises(RunError, match="cannot be written"):
        make(library, inline=inline)


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"kinds": ()}, {"seconds": 0.0}, {"long_side": 1}):
        with pytest.raises(UsageError):
            PreviewSettings(**wrong)  # type: ignore[arg-type]


def test_a_file_of_other_settings_that_no_row_names_is_not_taken_for_the_recorded_one(
    library: Path,
) -> None:
    make(library)
    left_by_a_killed_run = next((library / "previews").rglob("*.mp4"))
    left_by_a_killed_run.write_bytes(b"another clip")
    assert (make(library).done, make(library).unchanged) == (1, 3)
    assert {(name, len(data)) for name, data in previews(library).items()} == recorded(library)


def test_a_preview_that_takes_too_long_is_a_failure_of_its_own(library: Path) -> None:
    def inline() -> contextlib.AbstractContextManager[SceneRunner]:
        return contextlib.nullcontext(InlineSceneRunner())

    make(library)  # else what ends in the middle of an import is a module, not a preview
    before = previews(library)
    endless = PreviewSettings(seconds=60, long_side=64)
    report = preview(
        Library.resolve(library), Filters(), endless, Output(quiet=True), inline, limit_s=0.05
    )
    assert (report.failed, report.reasons) == (3, {"timeout": 3})
    assert previews(library) == before


def test_previews_without_their_encoder_are_refused_before_the_run_begins(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UsageError, match=r"the preview 'clip' .*pip install av"):
        make(library)
    assert not list((library / "runs").glob("*preview*"))
    assert previews(library) == {}
    still = PreviewSettings((PreviewKind.STILL, PreviewKind.GIF), seconds=0.2, long_side=64)
    assert make(library, still).done == 3

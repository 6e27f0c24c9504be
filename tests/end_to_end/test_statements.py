"""What is due of many scenes is found by a few statements, however many scenes there are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find, find_by_ids, find_scenes
from pipeline.catalog.scenes import scene_files
from pipeline.exports.plan import plan_exports
from pipeline.exports.target import ExportTarget
from pipeline.library import Library
from pipeline.scenes.conversions import due_conversions
from pipeline.scenes.previews import due_previews
from schemas.choices import PreviewKind
from schemas.export_settings import ExportSettings, PreviewSettings
from schemas.records import MediaType
from schemas.settings import SplatSettings
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest

STILLS = PreviewSettings((PreviewKind.STILL, PreviewKind.CLIP), long_side=16)


@pytest.fixture
def libraries(tmp_path: Path) -> list[Library]:
    """Two libraries, of 3 and of 12 scenes."""
    made = []
    for count in (3, 12):
        make_photos(tmp_path / f"photos{count}", count)
        ingest(tmp_path / f"library{count}", tmp_path / f"photos{count}")
        made.append(Library.resolve(tmp_path / f"library{count}"))
    return made


@contextlib.contextmanager
def statements(connection: Connection) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    yield seen
    sa.event.remove(connection, "before_cursor_execute", note)


def test_the_number_of_statements_does_not_grow_with_the_scenes(
    libraries: list[Library], tmp_path: Path
) -> None:
    counts = []
    for library in libraries:
        target = ExportTarget(tmp_path / "out", library.root)
        with library.read() as connection, statements(connection) as seen:
            size = len(find_scenes(connection, Filters()))
            assert len(due_previews(connection, library.store, Filters(), STILLS)[0]) == size
            plan = plan_exports(connection, target, Filters(), ExportSettings(("ply",)))
            assert len(plan.items) == size
            assert len(due_conversions(connection, Filters(), SplatSettings("spz"))[0]) == size
            counts.append(len(seen))
    assert counts[0] == counts[1]


def test_found_scenes_are_those_of_the_records_in_their_order(libraries: list[Library]) -> None:
    for filters in (Filters(), Filters(limit=2), Filters(order="-photo_id"), Filters(where="1")):
        with libraries[1].read() as connection:
            records = list(find(connection, filters))
            found = find_scenes(connection, filters)
        assert [(one.photo_id, one.scene_id) for one in found] == [
            (record.photo_id, record.scene_id) for record in records
        ]


def test_scene_files_keep_order_and_know_their_photos(libraries: list[Library]) -> None:
    with libraries[1].read() as connection:
        records = {record.scene_id: record for record in find(connection, Filters())}
        ids = sorted(str(scene_id) for scene_id in records)[::-1]
        scenes = list(scene_files(connection, ids))
    assert [scene.scene_id for scene in scenes] == ids
    for scene in scenes:
        record = records[scene.scene_id]
        assert scene.splat_path == record.splat_path
        assert (scene.width, scene.height, scene.focal_px) == (
            *(record.width, record.height, record.focal_px),
        )
        assert scene.photo.path == record.paths[0]
        assert scene.photo.mtime_ns == Path(record.paths[0]).stat().st_mtime_ns
        assert scene.photo.media_type is MediaType.JPEG


def test_records_by_id_are_those_alone(libraries: list[Library]) -> None:
    with libraries[1].read() as connection:
        records = list(find(connection, Filters()))
        some = [records[3].photo_id, "0" * 32, records[1].photo_id]
        found = {record.photo_id: record for record in find_by_ids(connection, some)}
    assert found == {record.photo_id: record for record in (records[1], records[3])}

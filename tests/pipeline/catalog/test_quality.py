from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from pipeline.catalog.filters import Filters
from pipeline.catalog.quality import record_photo_flags, record_scene_flags, unscored
from pipeline.catalog.query import find_photo_ids
from schemas.context_tables import photo_flags, scene_flags
from schemas.quality import SCORE_PREFIX, QualityFlag
from schemas.records import FocalSource
from schemas.table_metadata import metadata
from schemas.tables import photos, scenes
from tests.support.library_of_records import RUN, done, new_catalog, photo_file


def test_flags_replace_those_of_before_and_leave_those_of_others() -> None:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(photo_flags.insert().values(photo_id="a", flag="of_a_plugin"))
        record_photo_flags(connection, {"a": (QualityFlag.DARK, QualityFlag.BLURRED)})
        record_photo_flags(connection, {"b": (QualityFlag.DARK,)})
        record_photo_flags(connection, {"a": (QualityFlag.MACRO,)})
        found = connection.execute(sa.select(photo_flags.c.photo_id, photo_flags.c.flag)).all()
        assert set(map(tuple, found)) == {("a", "of_a_plugin"), ("a", "macro"), ("b", "dark")}
        record_scene_flags(connection, {"s": (QualityFlag.FLAT,)})
        record_scene_flags(connection, {"s": ()})
        assert connection.execute(sa.select(scene_flags)).all() == []


def test_scenes_without_a_score_of_this_version_are_found() -> None:
    engine = sa.create_engine("sqlite://")
    names = ("scene_id", "score_parts", "focal_source")
    columns = [sa.Column(name, sa.String) for name in names]
    sa.Table(scenes.name, table := sa.MetaData(), *columns)
    table.create_all(engine)
    with engine.begin() as connection:
        rows = (
            ("a", None, "default"),
            ("b", '{"version": 0}', "user"),
            ("c", SCORE_PREFIX + ' "x": 1}', "default"),
            ("d", None, FocalSource.SPHERE.value),  # has no one view to compare
        )
        for row in rows:
            values = dict(zip(names, row, strict=True))
            statement = "INSERT INTO scenes VALUES (:scene_id, :score_parts, :focal_source)"
            connection.execute(sa.text(statement), values)
        assert unscored(connection) == {"a", "b"}
        assert unscored(connection, again=True) == {"a", "b", "c"}


def test_photos_with_depth_are_those_without_a_flag_of_their_own_or_of_their_best_scene(
    tmp_path: Path,
) -> None:
    files = [photo_file(f"{name}.jpg") for name in "abcd"]
    page, flat, was_flat, plain = (file.photo_id for file in files)
    with new_catalog(tmp_path) as catalog:
        for file in files:
            catalog.add_found([(file, None)])
            catalog.record(done(file), RUN)
        connection = catalog.connection
        with connection.begin():
            record_photo_flags(connection, {page: (QualityFlag.DOCUMENT,)})
            record_photo_flags(connection, {plain: (QualityFlag.DARK,)})
            for photo_id in (flat, was_flat):
                made = sa.select(photos.c.scene_id).where(photos.c.photo_id == photo_id)
                record_scene_flags(connection, {str(connection.scalar(made)): (QualityFlag.FLAT,)})
            # A better scene is shown now, which is not flat.
            connection.execute(
                photos.update().where(photos.c.photo_id == was_flat).values(scene_id=None)
            )
        with connection.begin():
            assert find_photo_ids(connection, Filters(with_depth=True)) == {was_flat, plain}
            assert find_photo_ids(connection, Filters(with_depth=False)) == {page, flat}
            assert find_photo_ids(connection, Filters()) == {page, flat, was_flat, plain}

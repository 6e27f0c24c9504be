from __future__ import annotations

import sqlalchemy as sa

from pipeline.catalog.quality import record_photo_flags, record_scene_flags, unscored
from schemas.context_tables import photo_flags, scene_flags
from schemas.quality import SCORE_PREFIX, QualityFlag
from schemas.table_metadata import metadata
from schemas.tables import scenes


def test_flags_replace_those_of_before_and_leave_those_of_others() -> None:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(photo_flags.insert().values(photo_id="a", flag="of_a_plugin"))
        record_photo_flags(connection, "a", (QualityFlag.DARK, QualityFlag.BLURRED))
        record_photo_flags(connection, "b", (QualityFlag.DARK,))
        record_photo_flags(connection, "a", (QualityFlag.MACRO,))
        found = connection.execute(sa.select(photo_flags.c.photo_id, photo_flags.c.flag)).all()
        assert set(map(tuple, found)) == {("a", "of_a_plugin"), ("a", "macro"), ("b", "dark")}
        record_scene_flags(connection, "s", (QualityFlag.FLAT,))
        record_scene_flags(connection, "s", ())
        assert connection.execute(sa.select(scene_flags)).all() == []


def test_scenes_without_a_score_of_this_version_are_found() -> None:
    engine = sa.create_engine("sqlite://")
    sa.MetaData().create_all(engine)
    columns = [sa.Column("scene_id", sa.String), sa.Column("score_parts", sa.String)]
    sa.Table(scenes.name, table := sa.MetaData(), *columns)
    table.create_all(engine)
    with engine.begin() as connection:
        for name, parts in (("a", None), ("b", '{"version": 0}'), ("c", SCORE_PREFIX + ' "x": 1}')):
            connection.execute(
                sa.text("INSERT INTO scenes VALUES (:name, :parts)"), {"name": name, "parts": parts}
            )
        assert unscored(connection) == {"a", "b"}

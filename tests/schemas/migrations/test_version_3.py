"""Version 3 brings new columns and tables; what version 2 held stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_unchecked
from pipeline.catalog.migrate import migrate
from pipeline.library import Library
from schemas.table_metadata import SINCE, metadata
from tests.support.freeze_catalog import thaw

OLD = ("photos", "photo_paths", "context_files", "user_focals", "scenes", "artifacts", "failures")
NEW = [table.name for table in metadata.tables.values() if table.info.get(SINCE) == 3]


def rows(root: Path, url: str | None) -> dict[str, list[dict[str, object]]]:
    with open_unchecked(find_catalog(root, url))[0].connect() as connection:
        return {
            name: [
                dict(row)
                for row in connection.execute(sa.text(f"SELECT * FROM {name} ORDER BY 1, 2"))
                .mappings()
                .all()
            ]
            for name in OLD
        }


@pytest.mark.parametrize("version", [1, 2])
def test_nothing_that_was_recorded_is_lost(
    tmp_path: Path, catalog_url: str | None, version: int
) -> None:
    thaw(tmp_path, version, catalog_url)
    if version == 1:
        migrate(find_catalog(tmp_path, catalog_url), target=2)
    before = rows(tmp_path, catalog_url)
    migrate(find_catalog(tmp_path, catalog_url))
    after = rows(tmp_path, catalog_url)
    for name in OLD:
        assert len(after[name]) == len(before[name])
        for old, new in zip(before[name], after[name], strict=True):
            assert {key: new[key] for key in old} == old
            is_unset = new.keys() - old.keys() - {"text_id"}  # which version 6 sets
            assert all(new[key] is None for key in is_unset)
    with Library.resolve(tmp_path, catalog_url).read() as reader:
        for name in NEW:
            assert reader.scalar(sa.text(f"SELECT count(*) FROM {name}")) == 0


def test_new_tables_hold_rows_of_photos_and_scenes_only(
    tmp_path: Path, catalog_url: str | None
) -> None:
    thaw(tmp_path, 2, catalog_url)
    migrate(find_catalog(tmp_path, catalog_url))
    flag = sa.text("INSERT INTO photo_flags (flag, photo_id) VALUES ('dark', 'no such photo')")
    with (
        open_unchecked(find_catalog(tmp_path, catalog_url))[0].begin() as connection,
        pytest.raises(sa.exc.IntegrityError),
    ):
        connection.execute(flag)

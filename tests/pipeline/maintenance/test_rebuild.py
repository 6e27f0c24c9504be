from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import make_tables, open_unchecked
from pipeline.catalog.snapshot import write_snapshot
from pipeline.flow.scene_id import scene_id_of
from pipeline.maintenance.rebuild import (
    LooseScene,
    Recipe,
    find_snapshot,
    load_snapshot,
    recipe_of,
    recipes,
)
from pipeline.store.layout import CATALOG_FILE, SnapshotPath
from pipeline.store.store import Store
from schemas.arrow import snapshot_columns, snapshot_tables
from schemas.errors import StoreError
from schemas.records import MediaType, StoredFile
from schemas.settings import PhotoSettings, SplatSettings
from schemas.share_tables import shares
from schemas.tables import CATALOG_VERSION
from schemas.user_focals import UserFocalSource
from tests.support.freeze_catalog import thaw
from tests.support.library_of_records import done, new_catalog, photo_file

PHOTO = "a" * 32
RECIPE = Recipe("small", "small-1", PhotoSettings())
OTHER = Recipe("sharp", "sharp-1", PhotoSettings(full_raw=True))


def loose_scene(
    recipe: Recipe,
    user_focal_35mm: float | None,
    media_type: MediaType = MediaType.RAW,
    focal_35mm: float = 28.0,
) -> LooseScene:
    scene_id = scene_id_of(PHOTO, media_type, recipe.fingerprint, recipe.settings, user_focal_35mm)
    file = StoredFile("scenes/x.sog", 1, "0" * 64)
    return LooseScene(scene_id, PHOTO, SplatSettings(), file, 1, (1.0, 2.0, 3.0), focal_35mm)


@pytest.mark.parametrize("recipe", [RECIPE, OTHER])
def test_the_recipe_is_the_one_that_gives_the_scenes_id(recipe: Recipe) -> None:
    found = recipe_of(loose_scene(recipe, None), MediaType.RAW, [RECIPE, OTHER], {})
    assert found == recipe


def test_a_focal_length_that_was_set_is_found_in_the_catalog_or_the_scene() -> None:
    known = {UserFocalSource.FLAG: 50.0}
    by_catalog = recipe_of(loose_scene(RECIPE, 50.0), MediaType.RAW, [RECIPE], known)
    assert by_catalog is not None
    assert by_catalog.user_focal_35mm == 50.0
    by_scene = recipe_of(loose_scene(RECIPE, 28.0), MediaType.RAW, [RECIPE], known)
    assert by_scene is not None
    assert by_scene.user_focal_35mm == 28.0


def test_a_scene_of_unknown_settings_has_no_recipe() -> None:
    unknown = Recipe("later", "later-1", PhotoSettings())
    assert recipe_of(loose_scene(unknown, None), MediaType.RAW, [RECIPE, OTHER], {}) is None


def test_recipes_are_those_of_models_scenes_and_runs(tmp_path: Path) -> None:
    file = photo_file("a.jpg")
    with new_catalog(tmp_path) as catalog:
        catalog.add_found([(file, None)])
        catalog.record(done(file, model="old"), None)
        catalog.begin_run("run-2", "ingest", {"photo": {"allow_small": True}})
        catalog.begin_run("run-3", "ingest", {"photo": {"of_the_future": True}})
        with catalog.engine.connect() as reader:
            found = recipes(reader)
    assert Recipe("old", "old-1", PhotoSettings()) in found
    assert Recipe("old", "old-1", PhotoSettings(allow_small=True)) in found
    assert {recipe.settings for recipe in found} == {
        *(PhotoSettings(), PhotoSettings(allow_small=True))
    }


def test_a_snapshot_is_used_only_when_it_is_whole_and_of_a_known_version(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert find_snapshot(store) is None
    with new_catalog(tmp_path) as catalog, catalog.engine.connect() as reader:
        write_snapshot(reader, store)
    assert find_snapshot(store) == CATALOG_VERSION
    path = tmp_path / SnapshotPath("photos").path
    whole = path.read_bytes()
    path.unlink()
    assert find_snapshot(store) is None
    path.write_bytes(whole)
    later = {"catalog_version": str(CATALOG_VERSION + 1)}
    pq.write_table(pq.read_table(path).replace_schema_metadata(later), path)
    with pytest.raises(StoreError, match="this sharp-batch knows versions up to"):
        find_snapshot(store)


def test_a_snapshot_holds_every_row_but_those_of_links(
    tmp_path: Path, catalog_url: str | None
) -> None:
    thaw(tmp_path, CATALOG_VERSION)
    store = Store(tmp_path)
    with open_unchecked(find_catalog(tmp_path))[0].connect() as reader:
        write_snapshot(reader, store)
        before = rows(reader)
        assert reader.scalar(sa.select(shares.c.share_id)) is not None
    assert all(before.values())
    (tmp_path / CATALOG_FILE).unlink()
    with open_unchecked(find_catalog(tmp_path, catalog_url))[0].begin() as connection:
        make_tables(connection)
        counts = load_snapshot(connection, store, CATALOG_VERSION)
        assert rows(connection) == before
        assert connection.scalars(sa.select(shares.c.share_id)).all() == []
    assert counts == {name: len(found) for name, found in before.items()}
    assert not (tmp_path / SnapshotPath("shares").path).exists()


def rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Return what a snapshot has to hold."""
    found = (
        (table.name, connection.execute(sa.select(*snapshot_columns(table))))
        for table in snapshot_tables()
    )
    return {name: sorted(map(tuple, of_table), key=str) for name, of_table in found}

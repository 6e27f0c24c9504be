from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.catalog.scan_state import ScanState, read_recorded_paths
from pipeline.catalog.snapshot import write_snapshot
from pipeline.catalog.status import read_status
from pipeline.catalog.writer import CatalogWriter
from pipeline.library import Library
from pipeline.store.layout import CATALOG_FILE
from pipeline.store.store import Store
from schemas.arrow import snapshot_columns, snapshot_tables, table_schema
from schemas.errors import StoreError, UsageError
from schemas.outcomes import Skipped
from schemas.path_text import path_text
from schemas.reasons import FailureReason, SkipReason
from schemas.records import MediaType, PhotoFile, PhotoRecord, PhotoState
from schemas.table_metadata import metadata
from schemas.tables import CATALOG_VERSION, failures
from tests.support.library_of_records import RUN, clip, done, failed, meta, new_catalog, photo_file


def records(catalog: CatalogWriter) -> dict[str, PhotoRecord]:
    with catalog.engine.connect() as reader:
        return {record.photo_id: record for record in find(reader, Filters())}


def test_a_found_photo_is_due_and_then_done(tmp_path: Path, catalog_url: str | None) -> None:
    file = photo_file("a.jpg")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None)])
        assert records(catalog)[file.photo_id].state == PhotoState.DUE
        outcome = done(file)
        catalog.record(outcome, RUN)
        record = records(catalog)[file.photo_id]
        assert (record.state, record.scene_id) == (PhotoState.DONE, outcome.scene.scene_id)
        assert (record.width, record.focal_px) == (4000, 3000.0)
        assert record.taken_at_offset == "+02:00"
        state = ScanState(catalog.connection)
        assert state.load([file.photo_id, "new"]) == [file.photo_id]
        recorded = state.get(file.photo_id)
        assert recorded is not None
        assert recorded.scene_focal_px == {outcome.scene.scene_id: record.focal_px}


def test_copies_are_one_photo_with_several_paths(tmp_path: Path, catalog_url: str | None) -> None:
    first, copy = photo_file("a.jpg", "same"), photo_file("b.jpg", "same")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(first, None), (copy, None)])
        assert records(catalog)[first.photo_id].paths == ("/photos/a.jpg", "/photos/b.jpg")


def test_a_failed_photo_keeps_its_facts_and_its_history(
    tmp_path: Path, catalog_url: str | None
) -> None:
    file = photo_file("a.jpg")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None)])
        catalog.record(failed(file), RUN)
        catalog.record(failed(file, FailureReason.UNREADABLE), RUN)
        record = records(catalog)[file.photo_id]
        assert (record.state, record.reason) == (PhotoState.FAILED, FailureReason.UNREADABLE)
        assert record.camera_model == "X-E2"
        attempts = catalog.connection.scalars(sa.select(failures.c.attempt)).all()
        assert attempts == [1, 2]


def test_a_photo_with_a_scene_stays_done_when_another_model_fails(
    tmp_path: Path, catalog_url: str | None
) -> None:
    file = photo_file("a.jpg")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None)])
        catalog.record(done(file), RUN)
        catalog.record(failed(file, FailureReason.MODEL_ERROR, "sharp-1"), RUN)
        assert records(catalog)[file.photo_id].state == PhotoState.DONE


@pytest.mark.parametrize("order", [["small", "sharp"], ["sharp", "small"]])
def test_the_better_models_scene_is_shown_whichever_came_first(
    tmp_path: Path, catalog_url: str | None, order: list[str]
) -> None:
    file = photo_file("a.jpg")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None)])
        for model in order:
            catalog.record(done(file, model=model), RUN)
        assert records(catalog)[file.photo_id].model == "sharp"


def test_a_hidden_copy_does_not_hide_the_photo(tmp_path: Path, catalog_url: str | None) -> None:
    hidden, open_one = photo_file(".a.jpg", "same"), photo_file("a.jpg", "same")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(hidden, SkipReason.HIDDEN)])
        assert records(catalog)[hidden.photo_id].state == PhotoState.SKIPPED
        catalog.add_found([(open_one, None)])
        record = records(catalog)[hidden.photo_id]
        assert (record.state, record.paths[0]) == (PhotoState.DUE, "/photos/a.jpg")


def test_a_skip_keeps_size_and_facts(tmp_path: Path, catalog_url: str | None) -> None:
    file = photo_file("a.jpg")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None)])
        catalog.record(Skipped(file, SkipReason.TOO_WIDE, "wide", meta(), 9000, 1000), RUN)
        record = records(catalog)[file.photo_id]
        assert (record.state, record.reason, record.width) == ("skipped", "too_wide", 9000)


def test_a_changed_file_points_its_path_to_the_new_photo(
    tmp_path: Path, catalog_url: str | None
) -> None:
    old, new = photo_file("a.jpg", "old"), photo_file("a.jpg", "new")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(old, None)])
        catalog.add_found([(new, None)])
        assert read_recorded_paths(catalog.connection)["/photos/a.jpg"].photo_id == new.photo_id
        assert records(catalog)[old.photo_id].paths == ()


def test_stand_ins_of_unreadable_files_go_once_they_are_read(
    tmp_path: Path, catalog_url: str | None
) -> None:
    stand_in = PhotoFile("f" * 32, "/photos/a.jpg", 1, 1, MediaType.UNREAD)
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(stand_in, None)])
        catalog.record(failed(stand_in, FailureReason.UNREADABLE), RUN)
        catalog.settle()
        assert stand_in.photo_id in records(catalog)
        catalog.add_found([(photo_file("a.jpg"), None)])
        catalog.settle()
        assert list(records(catalog)) == [photo_file("a.jpg").photo_id]


def test_missing_files_are_marked_and_come_back(tmp_path: Path, catalog_url: str | None) -> None:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(photo_file("a.jpg"), None)])
        catalog.mark_missing(["/photos/a.jpg"], [])
        assert read_recorded_paths(catalog.connection)["/photos/a.jpg"].is_missing
        catalog.mark_missing([], ["/photos/a.jpg"])
        assert not read_recorded_paths(catalog.connection)["/photos/a.jpg"].is_missing


def test_a_run_that_never_ended_is_marked_failed_by_the_next(
    tmp_path: Path, catalog_url: str | None
) -> None:
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.begin_run("run-2", "ingest", {})
        catalog.end_run("run-2", "finished", due=0, done=0, failed=0, seconds=1.0)
        with catalog.engine.connect() as reader:
            status = read_status(reader)
    assert {run.run_id: run.state for run in status.runs} == {RUN: "failed", "run-2": "finished"}


def test_status_counts_states_reasons_models_and_bytes(
    tmp_path: Path, catalog_url: str | None
) -> None:
    a, b = photo_file("a.jpg"), photo_file("b.jpg")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(a, None), (b, None)])
        catalog.record(done(a), RUN)
        catalog.record(failed(b), RUN)
        with catalog.engine.connect() as reader:
            status = read_status(reader)
    assert status.photos == {"done": 1, "failed": 1}
    assert status.failed == {"truncated": 1}
    assert status.scenes == {"small": 1}
    assert status.bytes == {"ply": 66, "thumb": 10}


def test_no_write_of_a_run_scans_a_table(tmp_path: Path) -> None:
    file = photo_file("a.jpg")
    plans: list[str] = []

    def explain(
        _connection: object, cursor: sqlite3.Cursor, statement: str, parameters: object, *_: object
    ) -> None:
        if statement.startswith(("DELETE", "UPDATE", "SELECT")):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(f"{row[-1]}: {statement}" for row in cursor.fetchall())

    with new_catalog(tmp_path) as catalog:
        catalog.add_found([(file, None)])
        sa.event.listen(catalog.connection, "before_cursor_execute", explain)
        for _ in range(2):  # made, and made again in its place
            outcome = done(file)
            catalog.record(replace(outcome, artifacts=(clip(outcome.scene),)), RUN)
        catalog.record(failed(file), RUN)
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_names_that_are_no_unicode_can_be_recorded(tmp_path: Path, catalog_url: str | None) -> None:
    name = os.fsdecode(b"/photos/caf\xe9.jpg")
    assert path_text(name) == "/photos/caf\\xe9.jpg"
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(PhotoFile("a" * 32, name, 1, 1, MediaType.JPEG), None)])
        assert list(read_recorded_paths(catalog.connection)) == ["/photos/caf\\xe9.jpg"]


def test_others_read_while_a_run_writes(tmp_path: Path, catalog_url: str | None) -> None:
    with new_catalog(tmp_path, catalog_url) as writer:
        writer.add_found([(photo_file("a.jpg"), None)])
        with Library.resolve(tmp_path, catalog_url).read() as reader, writer.connection.begin():
            writer.connection.execute(failures.delete())
            assert len(list(find(reader, Filters()))) == 1


def test_a_reader_cannot_write(tmp_path: Path, catalog_url: str | None) -> None:
    new_catalog(tmp_path, catalog_url).__exit__(None, None, None)
    with (
        pytest.raises(StoreError, match=r"read-?only"),
        Library.resolve(tmp_path, catalog_url).read() as reader,
    ):
        reader.execute(failures.delete())


def test_no_library_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no library"):
        open_database(find_catalog(tmp_path))


def test_a_damaged_catalog_is_said_so(tmp_path: Path) -> None:
    (tmp_path / CATALOG_FILE).write_bytes(b"this is no database, however long it may be" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        open_database(find_catalog(tmp_path))


def test_a_newer_catalog_is_refused(tmp_path: Path) -> None:
    new_catalog(tmp_path).__exit__(None, None, None)
    with sqlite3.connect(tmp_path / CATALOG_FILE) as connection:
        connection.execute(f"UPDATE catalog_info SET version = {CATALOG_VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="knows versions up to"):
        open_database(find_catalog(tmp_path))


def test_the_snapshot_holds_every_row_of_its_tables(
    tmp_path: Path, catalog_url: str | None
) -> None:
    import pyarrow.parquet as pq

    a, b = photo_file("a.jpg"), photo_file("b.jpg")
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(a, None), (b, None)])
        catalog.record(done(a), RUN)
        catalog.record(failed(b), RUN)
        with catalog.engine.connect() as reader:
            stored = write_snapshot(reader, Store(tmp_path))
            rows = {
                table.name: [
                    dict(row)
                    for row in reader.execute(sa.select(*snapshot_columns(table))).mappings()
                ]
                for table in snapshot_tables()
            }
    assert {file.path for file in stored} == {f"catalog/{name}.parquet" for name in rows}
    for table in snapshot_tables():
        read = pq.read_table(tmp_path / "catalog" / f"{table.name}.parquet")
        assert read.schema.equals(table_schema(table), check_metadata=True)
        key = table.primary_key.columns.keys()[0]
        assert read.to_pylist() == sorted(rows[table.name], key=lambda row: row[key])


def test_every_column_has_an_arrow_type_and_measures_have_units() -> None:
    for table in metadata.sorted_tables:
        schema = table_schema(table)
        for field in schema:
            if field.name.endswith(("_m", "_px", "_mm", "bytes", "_seconds", "_at")):
                assert b"unit" in field.metadata

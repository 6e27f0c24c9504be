from __future__ import annotations

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from pipeline.context import foreign_database
from pipeline.context.foreign_database import open_foreign_database, table_columns
from schemas.errors import CollectionError
from tests.support.file_states import states_below


def made(path: Path, journal: str = "DELETE") -> Path:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("CREATE TABLE photos (name TEXT, stars INTEGER)")
    connection.execute("INSERT INTO photos VALUES ('a.jpg', 5)")
    connection.commit()
    connection.close()
    return path


def rows(path: Path) -> list[tuple[str, int]]:
    with open_foreign_database(path) as connection:
        return connection.execute("SELECT * FROM photos ORDER BY name").fetchall()


def write_and_die(path: Path, journal: str) -> None:
    """Add a row, and end without closing: the changes stay beside the database."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO photos VALUES ('b.jpg', 4)")
    if journal == "WAL":
        connection.execute("COMMIT")
    else:  # enough to write into the file before the end of the transaction
        rest = [("x" * 1000, 0) for _ in range(200)]
        connection.executemany("INSERT INTO photos VALUES (?, ?)", rest)
    os._exit(0)


def end_in_the_middle(path: Path, journal: str) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=write_and_die, args=(path, journal)
    )
    process.start()
    process.join()


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_closed_database_is_read_and_left_as_it_was(tmp_path, journal):
    path = made(tmp_path / "A library #1?.db", journal)
    before = states_below(tmp_path)
    assert rows(path) == [("a.jpg", 5)]
    assert states_below(tmp_path) == before


def test_a_path_that_is_not_utf8(tmp_path):
    assert rows(made(tmp_path / "a.db").rename(tmp_path / "b\udcff.db")) == [("a.jpg", 5)]


def test_changes_in_the_log_are_read_and_it_stays(tmp_path):
    path = made(tmp_path / "a.db", "WAL")
    end_in_the_middle(path, "WAL")
    before = states_below(tmp_path)
    assert any(name.endswith("-wal") and size for name, (size, _, _) in before.items())
    assert rows(path) == [("a.jpg", 5), ("b.jpg", 4)]
    assert states_below(tmp_path) == before


def test_a_transaction_that_did_not_end_is_not_read_and_not_undone(tmp_path):
    path = made(tmp_path / "a.db")
    end_in_the_middle(path, "DELETE")
    before = states_below(tmp_path)
    assert any(name.endswith("-journal") and size for name, (size, _, _) in before.items())
    assert rows(path) == [("a.jpg", 5)]
    assert states_below(tmp_path) == before


@pytest.mark.posix
def test_a_database_in_a_folder_that_cannot_be_written_to(tmp_path):
    path = made(tmp_path / "a.db", "WAL")
    tmp_path.chmod(0o500)
    try:
        assert rows(path) == [("a.jpg", 5)]
    finally:
        tmp_path.chmod(0o700)


def test_nothing_can_be_written(tmp_path):
    path = made(tmp_path / "a.db")
    with (
        pytest.raises(CollectionError),
        open_foreign_database(path) as connection,
    ):
        connection.execute("DELETE FROM photos")
    assert rows(path) == [("a.jpg", 5)]


def test_a_locked_database_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(foreign_database, "_LOCK_SECONDS", 0.05)
    path = made(tmp_path / "a.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CollectionError, match="another program has locked it") as told:
        rows(path)
    assert "Close that program" in told.value.hint
    holder.execute("COMMIT")
    assert rows(path) == [("a.jpg", 5)]
    holder.close()


def test_a_database_that_another_program_only_reads_is_not_locked(tmp_path):
    path = made(tmp_path / "a.db")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM photos").fetchall()
    assert rows(path) == [("a.jpg", 5)]
    reader.close()


def test_a_database_that_changes_while_it_is_read_says_so(tmp_path):
    path = made(tmp_path / "a.db", "WAL")
    with (
        pytest.raises(CollectionError, match="wrote to it while it was read"),
        open_foreign_database(path) as connection,
    ):
        connection.execute("SELECT * FROM photos").fetchall()
        os.utime(path, ns=(1, 1))


def test_a_log_that_changes_all_the_time_says_so(tmp_path, monkeypatch):
    path = made(tmp_path / "a.db", "WAL")
    end_in_the_middle(path, "WAL")
    log, copyfile = Path(f"{path}-wal"), foreign_database.shutil.copyfile

    def copy_and_change(source, target):
        copyfile(source, target)
        os.utime(log, ns=(1, log.stat().st_mtime_ns + 1))

    monkeypatch.setattr(foreign_database.shutil, "copyfile", copy_and_change)
    with pytest.raises(CollectionError, match="wrote to it while it was read"):
        rows(path)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"SQLite format 3\0", b"x" * 5000])
def test_what_is_no_database_says_so(tmp_path, content):
    path = tmp_path / "a.db"
    path.write_bytes(content)
    with pytest.raises(CollectionError, match="not an SQLite database"):
        rows(path)


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_damaged_database_says_so(tmp_path, journal):
    path = made(tmp_path / "a.db", journal)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    with pytest.raises(CollectionError, match="it is damaged"):
        rows(path)


def test_a_database_that_was_cut_off_says_so(tmp_path):
    path = made(tmp_path / "a.db")
    path.write_bytes(path.read_bytes()[:4096])
    with pytest.raises(CollectionError, match="it is damaged"):
        rows(path)


def test_values_of_a_wrong_kind_say_so(tmp_path):
    path = made(tmp_path / "a.db")
    with (
        pytest.raises(CollectionError, match="values of a wrong kind"),
        open_foreign_database(path) as connection,
    ):
        (name,) = connection.execute("SELECT name FROM photos").fetchone()
        assert name + 1


def test_names_of_tables_that_are_not_utf8_say_so(tmp_path):
    path = made(tmp_path / "a.db")
    path.write_bytes(path.read_bytes().replace(b"photos", b"ph\xf7tos", 1))
    with pytest.raises(CollectionError, match="it is damaged"):
        rows(path)


def test_unknown_tables_say_so(tmp_path):
    path = made(tmp_path / "a.db")
    with (
        pytest.raises(CollectionError, match="not those of a known version: no such table"),
        open_foreign_database(path) as connection,
    ):
        connection.execute("SELECT * FROM others")


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(CollectionError, match="No such file"):
        rows(tmp_path / "gone.db")


def test_texts_that_are_not_utf8_are_read(tmp_path):
    path = made(tmp_path / "a.db")
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO photos VALUES (CAST(x'FFe4' AS TEXT), 1)")
    connection.commit()
    connection.close()
    assert [name for name, _ in rows(path)] == ["a.jpg", "\ufffd\ufffd"]


def test_the_columns_of_each_table(tmp_path):
    with open_foreign_database(made(tmp_path / "a.db")) as connection:
        assert table_columns(connection) == {"photos": {"name", "stars"}}


def test_no_copies_are_left_behind(tmp_path, monkeypatch):
    path = made(tmp_path / "a.db", "WAL")
    end_in_the_middle(path, "WAL")
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr(foreign_database.tempfile, "tempdir", str(copies))
    assert len(rows(path)) == 2
    assert list(copies.iterdir()) == []

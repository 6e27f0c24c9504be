"""Brings an older catalog to the version that this program needs, step by step."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from pipeline.catalog.address import CatalogAddress
from pipeline.catalog.database import check_not_newer, no_library, open_unchecked, unusable
from pipeline.catalog.photo_texts import add_missing_texts
from pipeline.store.layout import temporary_path
from schemas.count_text import count_text
from schemas.errors import StoreError
from schemas.migrations import MIGRATIONS, Migration
from schemas.tables import CATALOG_VERSION, catalog_info, utc_now


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done; `backup` is the old catalog, where a step was taken on SQLite."""

    from_version: int
    to_version: int
    backup: Path | None = None


def migrate(
    address: CatalogAddress,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    target: int = CATALOG_VERSION,
) -> Migrated:
    """Bring the catalog at `address` to version `target`; the caller holds the lock.

    Each step is one transaction: stopped at any moment, the catalog is of one version or the next.
    A catalog in SQLite is copied first. Raises UsageError where there is none, and StoreError.
    """
    if address.url is None and not address.file.exists():
        raise no_library(address.root)
    try:
        engine, version = open_unchecked(address)
        if version is None:
            raise no_library(address.root)
        check_not_newer(address, version, target)
        if version == target:
            return Migrated(version, version)
        backup = None
        if address.url is None:
            backup = address.file.with_name(f"{address.file.name}.version-{version}")
            _copy(address.file, backup)
        for step in range(version, target):
            _take(engine, step, migrations[step])
    except sa.exc.DatabaseError as error:
        raise unusable(address, error) from error
    return Migrated(version, target, backup)


def _copy(database: Path, to: Path) -> None:
    """Copy a SQLite database, whole or not at all; replace an older copy of the same version."""
    partial = temporary_path(to)
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(partial),))
        partial.replace(to)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"the catalog {database} could not be copied before its upgrade: {error}",
            "Nothing was changed. Free space on that disk, then try again.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _take(engine: Engine, version: int, step: Migration) -> None:
    with contextlib.closing(engine.connect()) as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # SQLite changes a table by creating it again; references are checked at the end.
            _pragma(connection, "foreign_keys=OFF")
            connection.rollback()
        with connection.begin():
            if is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            step.change_tables(connection)
            step.change_rows(connection)
            if version + 1 == CATALOG_VERSION:  # by today's rules, for today's tables
                add_missing_texts(connection)
            connection.execute(
                catalog_info.insert().values(version=version + 1, created_at=utc_now())
            )
            if is_sqlite and (broken := _pragma(connection, "foreign_key_check")):
                references = count_text(len(broken), "reference")
                raise StoreError(
                    f"upgrading the catalog from version {version} broke {references}",
                    "Nothing was changed. Please report this.",
                )


def _pragma(connection: Connection, text: str) -> list[tuple[object, ...]]:
    result = connection.exec_driver_sql(f"PRAGMA {text}")
    return [tuple(row) for row in result] if result.returns_rows else []

"""The steps from each version of the catalog to the next.

A step has a file of its own, named for the version it leads to, and is listed here under the
version it starts from. It gets a connection in a transaction of SQLite or PostgreSQL, and works
on the tables as they were then: it names them in SQL, or as tables of its own, and imports nothing
of `schemas.tables`.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.migrations.migration import Migration
from schemas.migrations.version_2 import TO_VERSION_2
from schemas.migrations.version_3 import TO_VERSION_3
from schemas.migrations.version_4 import TO_VERSION_4
from schemas.migrations.version_5 import TO_VERSION_5
from schemas.migrations.version_6 import TO_VERSION_6

__all__ = ["MIGRATIONS", "Migration"]

MIGRATIONS: Mapping[int, Migration] = {
    1: TO_VERSION_2,
    2: TO_VERSION_3,
    3: TO_VERSION_4,
    4: TO_VERSION_5,
    5: TO_VERSION_6,
}

"""What all tables of the catalog are collected in."""

from __future__ import annotations

from sqlalchemy import MetaData

ABOUT = "about"  # in a table's info: what it holds, for the documentation
SINCE = "since"  # in a table's info: the version that brought it, where that is not the first
NOT_IN_SNAPSHOT = "not_in_snapshot"  # in a table's info: a snapshot of the catalog leaves it out

metadata = MetaData()

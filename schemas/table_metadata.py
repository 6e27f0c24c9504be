"""What all tables of the catalog are collected in."""

from __future__ import annotations

from sqlalchemy import MetaData

ABOUT = "about"  # in a table's info: what it holds, for the documentation
SINCE = "since"  # in a table's info: the version that brought it, where that is not the first
# In the info of a table or a column: a snapshot of the catalog leaves it out.
NOT_IN_SNAPSHOT = "not_in_snapshot"

metadata = MetaData()

"""What all tables of the catalog are collected in."""

from __future__ import annotations

from sqlalchemy import MetaData

ABOUT = "about"  # in a table's info: what it holds, for the documentation
SINCE = "since"  # in a table's info: the version that brought it, where that is not the first
IS_DERIVED = "is_derived"  # in a table's info: its rows follow from others, and are made again

metadata = MetaData()

"""The recorded paths below a folder, as a range of their order."""

from __future__ import annotations

import os

import sqlalchemy as sa

from pipeline.catalog.portable_sql import by_code_point
from schemas.path_text import path_text
from schemas.tables import photo_paths


def is_below(folder: str, dialect: str) -> sa.ColumnElement[bool]:
    """Return the condition that a recorded path is below a folder, at any depth."""
    inside = path_text(folder).rstrip(os.sep) + os.sep
    beyond = inside[:-1] + chr(ord(os.sep) + 1)
    path = by_code_point(photo_paths.c.path, dialect)
    return sa.and_(path >= inside, path < beyond)

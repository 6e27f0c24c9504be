"""The page of the catalog: the fields of a record, and the tables."""

from __future__ import annotations

import sqlalchemy as sa

from docs_reference.markdown import code, plain, table
from pipeline.catalog.query import RECORD_FIELDS
from schemas.table_metadata import ABOUT, metadata
from schemas.tables import CATALOG_VERSION

_HEAD = f"""# Catalog

Made from the code: catalog version {CATALOG_VERSION}. `sharp-library/catalog.sqlite`, or a database
of PostgreSQL, has these tables; `sharp-library/catalog/` has each as a Parquet file, for DuckDB and
pandas. Read them as you like; only sharp-batch writes. Times are UTC, but `taken_at` is the photo's
own local time. Paths of scenes and thumbnails are relative to the library. A missing value is NULL.

## Records {{#records}}

`query` and `show` print records, which put these tables together. `--where` and `--order` take any
of these fields:

"""


def catalog_page() -> str:
    """Return the page in Markdown."""
    fields = ", ".join(map(code, RECORD_FIELDS))
    sections = map(_section, sorted(metadata.tables.values(), key=lambda one: one.name))
    return f"{_HEAD}{fields}.\n\n{''.join(sections)}"


def _section(one: sa.Table) -> str:
    rows = [
        [code(column.name), _type(column), _key(column), plain(column.doc or "")]
        for column in one.columns
    ]
    about = plain(str(one.info.get(ABOUT, "")))
    return f"## `{one.name}` {{#{one.name}}}\n\n{about}\n\n" + table(
        ["column", "type", "key", "meaning"], rows
    )


def _type(column: sa.Column[object]) -> str:
    return str(column.type).lower().split("(")[0]


def _key(column: sa.Column[object]) -> str:
    notes = ["primary"] if column.primary_key else []
    notes += [
        f"of [`{key.column.table.name}`](#{key.column.table.name})" for key in column.foreign_keys
    ]
    return ", ".join(notes)

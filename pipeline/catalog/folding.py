"""Names without case and accents: how the catalog stores them beside the names, and matches them.

A name may have levels, joined with "/": "Places/Norway/Bergen" is matched by each of its levels,
and by several that follow each other.
"""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa

from pipeline.catalog.portable_sql import matches_glob

# Accents of Latin, Greek and Cyrillic letters. Marks of other scripts make other letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
_SPACES = re.compile(r"\s+")
# Letters that Unicode does not take apart, as people write them without an accent.
_PLAIN = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)


def folded(name: str) -> str:
    """Return a name as it is compared: without case, accents and needless blanks."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    plain = unicodedata.normalize("NFKC", _ACCENTS.sub("", parts)).translate(_PLAIN)
    return _SPACES.sub(" ", plain).strip()


def matches_name(
    column: sa.ColumnElement[str], pattern: str, dialect: str
) -> sa.ColumnElement[bool]:
    """Return the condition that a folded name, or levels of it, match a pattern.

    A pattern is a name in which * stands for any text and ? for any letter. One that begins with
    "/" has to match from the first level on.
    """
    name = folded(pattern)
    wanted = name.strip("/").replace("[", "[[]")
    before = "/" if name.startswith("/") else "*/"
    return matches_glob("/" + column + "/", f"{before}{wanted}/*", dialect)

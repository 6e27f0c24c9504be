"""Texts that people wrote, tidied: one Unicode form, no blanks around them, none that is empty."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_CONTROL = re.compile(r"[\0-\x08\x0b-\x1f\x7f]+")  # a caption may have tabs and lines
_HALVES = re.compile("[\ud800-\udfff]")  # of characters that were cut: no database takes them
MOST_OF_A_TEXT, MOST_OF_A_NAME = 10_000, 500  # characters; an index has to hold the names


def folded(text: str) -> str:
    """Return a text as it is compared: in one Unicode form, without its case."""
    return unicodedata.normalize("NFC", text).casefold()


def clean(text: object, most: int = MOST_OF_A_TEXT) -> str | None:
    """Return a text in the composed form (NFC); macOS writes decomposed ones. None if empty."""
    if text is None:
        return None
    written = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    lines = written[: 2 * most].replace("\r\n", "\n").replace("\r", "\n")
    tidy = _HALVES.sub("\ufffd", _CONTROL.sub(" ", lines))
    return unicodedata.normalize("NFC", tidy).strip()[:most].rstrip() or None


def clean_all(texts: Iterable[object]) -> tuple[str, ...]:
    """Return the names that are not empty, each once, in their order."""
    return tuple(dict.fromkeys(filter(None, (clean(text, MOST_OF_A_NAME) for text in texts))))


def joined(parts: Iterable[object]) -> str:
    """Return the levels of a hierarchy as one keyword: "Places/Norway/Bergen"."""
    return "/".join(filter(None, map(clean, parts)))[:MOST_OF_A_NAME]


def without_parts(keywords: Iterable[str]) -> tuple[str, ...]:
    """Leave out keywords that others contain, as programs write every level on its own too.

    That is "Norway" and "Places/Norway" beside "Places/Norway/Bergen".
    """
    every = list(dict.fromkeys(keywords))
    contained = set()
    for keyword in every:
        levels = keyword.split("/")
        if len(levels) > 1:
            contained.update(levels)
            contained.update("/".join(levels[:end]) for end in range(1, len(levels)))
    return tuple(keyword for keyword in every if keyword not in contained)

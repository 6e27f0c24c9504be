"""Texts that people wrote, tidied: one Unicode form, no blanks around them, none that is empty."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_CONTROL = re.compile(r"[\0-\x08\x0b-\x1f\x7f]+")  # a caption may have tabs and lines


def clean(text: object) -> str | None:
    """Return a text in the composed form (NFC); macOS writes decomposed ones. None if empty."""
    if text is None:
        return None
    tidy = _CONTROL.sub(" ", str(text).replace("\r\n", "\n").replace("\r", "\n")).strip()
    return unicodedata.normalize("NFC", tidy) or None


def clean_all(texts: Iterable[object]) -> tuple[str, ...]:
    """Return the texts that are not empty, each once, in their order."""
    return tuple(dict.fromkeys(filter(None, map(clean, texts))))


def joined(parts: Iterable[object]) -> str:
    """Return the levels of a hierarchy as one keyword: "Places/Norway/Bergen"."""
    return "/".join(filter(None, map(clean, parts)))


def without_parts(keywords: Iterable[str]) -> tuple[str, ...]:
    """Leave out keywords that others contain: "Norway" and "Places/Norway" beside
    "Places/Norway/Bergen", as programs write every level of a hierarchy on its own too.
    """  # noqa: D205
    every = list(dict.fromkeys(keywords))
    contained = set()
    for keyword in every:
        levels = keyword.split("/")
        if len(levels) > 1:
            contained.update(levels)
            contained.update("/".join(levels[:end]) for end in range(1, len(levels)))
    return tuple(keyword for keyword in every if keyword not in contained)

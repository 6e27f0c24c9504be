"""The languages of the gallery's pages. Texts are written in English; `static/de.json` is German.

A page is in the browser's first language that there is. A text without a translation stays English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ENGLISH = "en"
_STATIC = Path(__file__).parent / "static"
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_GROUPING = {ENGLISH: ",", "de": "."}  # between thousands


class Message(str):
    """An English text with values in it, in the places named in braces. It can be translated."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Message:
        """Put the values into the English text."""
        message = super().__new__(cls, template.format(**values))
        message.template, message.values = template, values
        return message


@cache
def translations(language: str) -> Mapping[str, str]:
    """Return the translations of English texts; none for English. Raises OSError."""
    if language == ENGLISH:
        return {}
    found: dict[str, str] = json.loads((_STATIC / f"{language}.json").read_text("utf-8"))
    return found


@cache
def languages() -> frozenset[str]:
    """Return the languages that there are texts in."""
    return frozenset({ENGLISH, *(path.stem for path in _STATIC.glob("*.json"))})


def language_of(accepted: str) -> str:
    """Return the language for a header Accept-Language, such as `de-AT,de;q=0.9,en;q=0.8`."""
    ranked = []
    for place, item in enumerate(accepted.split(",")):
        tag, _, quality = item.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), place, tag.lower().partition("-")[0]))
        except ValueError:
            continue
    known = (tag for _, _, tag in sorted(ranked) if tag in languages())
    return next(known, ENGLISH)


def translate(language: str, text: str, /, **values: object) -> str:
    """Return a text in a language, with `values` in the places named in braces.

    Values that are texts themselves are translated too, if they are a Message.
    """
    template = text
    if isinstance(text, Message):
        template, values = text.template, {**text.values, **values}
    found = translations(language).get(template, template)
    if not values:
        return found
    shown = {
        name: translate(language, value) if isinstance(value, Message) else value
        for name, value in values.items()
    }
    return found.format(**shown)


def number_text(language: str, value: int) -> str:
    """Return a whole number as text, grouped by thousands."""
    return f"{value:,}".replace(",", _GROUPING.get(language, ","))

"""The languages of the gallery's pages. Texts are written in English; `static/de.json` is German.

A page is in the browser's first language that there is. A text without a translation stays English.
Texts that other packages have put together, such as errors, are known by their parts between the
values: the keys of their translations have numbers in braces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from pathlib import Path

ENGLISH = "en"
_STATIC = Path(__file__).parent / "static"
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_GROUPING = {ENGLISH: ",", "de": "."}  # between thousands
_DECIMAL = {ENGLISH: ".", "de": ","}
COMMA, AND = "{some}, {other}", "{some} and {other}"
_PLACES = re.compile(r"\{\d+\}")
# What texts say in parentheses of the options of commands, which pages do not have.
_OPTIONS = re.compile(r" \((?:'[a-z-]+ )?--[a-z][^()]*\)")


class Message(str):
    """An English text with values in it, in the places named in braces. It can be translated."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Message:
        """Put the values into the English text."""
        message = super().__new__(cls, template.format(**values))
        message.template, message.values = template, values
        return message


class Figures(str):
    """Digits with a decimal point, and a unit: other languages write another decimal mark."""

    __slots__ = ()


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
        name: shown_text(language, value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    return found.format(**shown)


def shown_text(language: str, text: str) -> str:
    """Return a text in a language if it is a Message or Figures: people's own words stay."""
    if isinstance(text, Message):
        return translate(language, text)
    return text.replace(".", _DECIMAL[language]) if isinstance(text, Figures) else text


def listed(texts: Sequence[str], pair: str = COMMA) -> str:
    """Return texts as one, two by two in a pair such as COMMA. "" where there are none."""
    return reduce(lambda some, other: Message(pair, some=some, other=other), texts) if texts else ""


def translate_known(language: str, text: str) -> str | None:
    """Return an English text of another package in a language; None where it is not known."""
    if language == ENGLISH:
        return text
    if text in translations(language):
        return translate(language, text)
    for pattern, template in _templates(language):
        found = pattern.fullmatch(text)
        if found:
            # A value may be a text itself, such as who holds a library.
            values = (translate_known(language, value) or value for value in found.groups())
            return template.format(*values)
    return None


@cache
def _templates(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return patterns of the texts with numbered values, the most definite ones first."""
    numbered = [
        (_PLACES.split(english), text)
        for english, text in translations(language).items()
        if _PLACES.search(english)
    ]
    numbered.sort(key=lambda one: -sum(map(len, one[0])))
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, parts)), re.DOTALL), text)
        for parts, text in numbered
    )


def without_options(text: str) -> str:
    """Return a text without the options of commands that it names in parentheses."""
    return _OPTIONS.sub("", text)


def known(language: str, text: str) -> str:
    """Return a text of another package, such as an error's, in a language where it is known.

    Without the options of commands that it names in parentheses.
    """
    text = without_options(text)
    return translate_known(language, text) or text


def sentence(text: str) -> str:
    """Return a text with a capital at its start, and a full stop at its end."""
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def number_text(language: str, value: int) -> str:
    """Return a whole number as text, grouped by thousands."""
    return f"{value:,}".replace(",", _GROUPING.get(language, ","))

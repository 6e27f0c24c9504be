from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from jobs.gallery import texts
from jobs.gallery.rendering import FILTER_TEXTS
from jobs.gallery.texts import MONTHS, Message, language_of, number_text, translate
from pipeline.exports.registry import KINDS
from schemas.context import ContextSource
from schemas.groups import GroupKind
from schemas.quality import QualityFlag
from schemas.reasons import FailureReason, SkipReason
from schemas.records import FocalSource, ScaleSource
from sharp_core.formats.registry import FORMATS

GALLERY = Path(texts.__file__).parent
# A call that takes an English text first: in templates, Python and JavaScript. German has words for
# both of `plural`.
_CALLS = re.compile(r'(?:\b_|Message|\btext|\bFact)\(\s*("(?:[^"\\]|\\.)*")')
_PLURALS = re.compile(r'plural\([^,]+, ("[^"]*"), ("[^"]*")\)')


def written_texts() -> Iterator[str]:
    """Yield the texts of pages, scripts and registries that people read."""
    for file in sorted(GALLERY.rglob("*")):
        if file.suffix in (".py", ".html", ".js"):
            source = file.read_text()
            for quoted in _CALLS.findall(source):
                yield re.sub(r"\\(.)", r"\1", quoted[1:-1])
            for pair in _PLURALS.findall(source):
                yield from (quoted[1:-1] for quoted in pair)
    yield from MONTHS
    yield from FILTER_TEXTS.values()
    for names in (FailureReason, SkipReason, QualityFlag, FocalSource, ScaleSource):
        yield from filter(None, (names.explain(name) for name in names))
    yield from filter(None, (ContextSource.explain(name) for name in ContextSource))
    for name in GroupKind:
        explained = GroupKind.explain(name)
        if explained:
            yield explained[0].upper() + explained[1:]
    yield from (name.replace("_", " ") for name in QualityFlag)
    for kind in KINDS:
        yield str(kind.group)
        label = re.sub(r" \(--[^)]*\)", "", kind.label)
        yield label[0].upper() + label[1:]
    yield from (entry.label for entry in FORMATS)


def values_in(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_is_there_in_german_with_its_values() -> None:
    german = texts.translations("de")
    written = set(written_texts())
    assert len(written) > 150
    assert sorted(written - set(german)) == []
    for english, text in german.items():
        assert values_in(english) == values_in(text), english


def test_no_translation_is_left_of_a_text_that_is_gone() -> None:
    assert sorted(set(texts.translations("de")) - set(written_texts())) == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, en;q=0.5, de;q=0.7", "de"),
        ("en-US,en;q=0.9,de;q=0.1", "en"),
        ("fr", "en"),
        ("", "en"),
        ("de;q=x, *;q=", "en"),
    ],
)
def test_the_language_is_the_first_known_one_that_the_browser_asks_for(
    accepted: str, language: str
) -> None:
    assert language_of(accepted) == language


def test_a_message_is_english_text_and_can_be_translated_with_its_values() -> None:
    message = Message(
        "{day} {month} {year}, {time}", day=5, month=Message("May"), year=2024, time=1
    )
    assert message == "5 May 2024, 1"
    assert translate("en", message) == message
    assert translate("de", message) == "5. Mai 2024, 1"
    assert translate("de", "never translated {x}", x=1) == "never translated 1"
    assert number_text("de", 12345) == "12.345"

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from jobs.gallery import texts
from jobs.gallery.address import FILTER_NAMES
from jobs.gallery.filter_texts import TRUTH_TEXTS, VALUE_TEXTS
from jobs.gallery.texts import (
    AND,
    COMMA,
    MONTHS,
    Figures,
    Message,
    language_of,
    number_text,
    translate,
    translate_known,
    without_options,
)
from pipeline.catalog.lock import ANOTHER_RUN, HOLDER
from pipeline.catalog.postgres import POSTGRES_HOLDER
from pipeline.exports.registry import KINDS
from pipeline.flow.content_rules import OWN_EXPORT_MESSAGE
from schemas.context import ContextSource
from schemas.errors import WeightsMissingError
from schemas.groups import GroupKind
from schemas.outcomes import PHOTO_STAGES
from schemas.quality import QualityFlag
from schemas.reasons import FailureReason, SkipReason
from schemas.records import FocalSource, ScaleSource
from sharp_core.formats.registry import FORMATS
from sharp_core.models.registry import MODELS
from tests.support.english_messages import messages_of
from tests.support.paths import ROOT

GALLERY = Path(texts.__file__).parent
# Files with messages that pages show: of the gallery's answers, and those recorded of photos.
# Those of its start are for who runs it, in the terminal.
_OF_START = {"serve.py", "tls.py", "network_names.py"}
_OF_EYES = {"stereo.py"}
TELLING = [
    *(file for file in GALLERY.glob("*.py") if file.name not in _OF_START),
    *(file for file in (ROOT / "pipeline/decode").glob("*.py") if file.name not in _OF_EYES),
    *(
        ROOT / name
        for name in (
            *("pipeline/catalog/filter_values.py", "pipeline/catalog/lock.py"),
            *("pipeline/catalog/database.py", "pipeline/catalog/postgres.py"),
            *("pipeline/flow/model.py", "sharp_core/models/sharp/checkpoint.py"),
            *("pipeline/catalog/timeline.py", "pipeline/catalog/photo_details.py"),
            *("pipeline/flow/content_rules.py", "pipeline/scan/read_file.py"),
            *("pipeline/scan/size_rules.py", "pipeline/store/disk_errors.py"),
            *("schemas/setting_fields.py",),
        )
    ),
]
# A call that takes an English text first: in templates, Python and JavaScript. German has words for
# both of `plural`.
_CALLS = re.compile(r'(?:\b_|Message|\btext|\bFact)\(\s*("(?:[^"\\]|\\.)*")')
_PLURALS = re.compile(r'plural\([^,]+, ("[^"]*"), ("[^"]*")\)')


def written_texts() -> Iterator[str]:
    """Yield the texts of pages, scripts and registries that people read."""
    for file in (*sorted(GALLERY.rglob("*")), ROOT / "viewer" / "src" / "album.js"):
        if file.suffix in (".py", ".html", ".js"):
            source = file.read_text()
            for quoted in _CALLS.findall(source):
                yield re.sub(r"\\(.)", r"\1", quoted[1:-1])
            for pair in _PLURALS.findall(source):
                yield from (quoted[1:-1] for quoted in pair)
    yield from MONTHS
    yield from FILTER_NAMES.values()
    yield from VALUE_TEXTS.values()
    for pair in TRUTH_TEXTS.values():
        yield from pair
    yield from (COMMA, AND, ANOTHER_RUN, HOLDER, POSTGRES_HOLDER, OWN_EXPORT_MESSAGE)
    missing = WeightsMissingError.of_model("{0}")
    yield from (missing.message, missing.hint)
    for file in TELLING:
        # Pages say the reason in place of a message that names options of commands.
        is_of_photos = GALLERY not in file.parents
        told = map(without_options, messages_of(file))
        yield from (text for text in told if not (is_of_photos and "--" in text))
    for names in (FailureReason, SkipReason, QualityFlag, FocalSource, ScaleSource):
        yield from filter(None, (without_options(names.explain(name)) for name in names))
    yield from filter(None, (ContextSource.explain(name) for name in ContextSource))
    for name in GroupKind:
        explained = GroupKind.explain(name)
        if explained:
            yield explained[0].upper() + explained[1:]
    for names in (FailureReason, SkipReason, QualityFlag):
        yield from (name.replace("_", " ") for name in names)
    yield from PHOTO_STAGES
    for kind in KINDS:
        yield str(kind.group)
        label = without_options(kind.label)
        yield label[0].upper() + label[1:]
    yield from (entry.label for entry in (*FORMATS, *MODELS))


def values_in(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_is_there_in_german_with_its_values() -> None:
    german = texts.translations("de")
    written = set(written_texts())
    assert len(written) > 150
    assert sorted(written - set(german)) == []
    for english, text in german.items():
        assert values_in(english) == values_in(text), english


@pytest.mark.parametrize(
    ("text", "german"),
    [
        ("the file is damaged: bad {data}", "die Datei ist beschädigt: bad {data}"),
        # The template with the most words of its own is the one.
        (
            "the file is damaged: it states 4 x 3 px and holds 2 x 1 px",
            "die Datei ist beschädigt: sie nennt 4 x 3 px und enthält 2 x 1 px",
        ),
        (
            "the library a b is held by another run",
            "an der Bibliothek a b arbeitet gerade ein anderer Lauf",
        ),
        (
            "the library a is held by 'ingest' (process 7 on nas, since 2026-11-30T09:05:13+00:00)",
            "an der Bibliothek a arbeitet gerade 'ingest' (Prozess 7 auf nas, seit "
            "2026-11-30T09:05:13+00:00)",
        ),
        (
            "the catalog postgresql://a is held by nightly (process 7 on nas)",
            "am Katalog postgresql://a arbeitet gerade nightly (Prozess 7 auf nas)",
        ),
        ("This gallery is read-only.", "Diese Galerie ist schreibgeschützt."),
        ("something else happened", None),
    ],
)
def test_a_message_of_another_package_is_known_by_its_words(text: str, german: str | None) -> None:
    assert translate_known("de", text) == german
    assert translate_known("en", text) == text


def test_names_of_people_in_parentheses_are_no_options() -> None:
    told = "the library /fotos/Urlaub (2019--2020) (--library) is held"
    assert without_options(told) == "the library /fotos/Urlaub (2019--2020) is held"


def test_no_text_of_a_page_names_an_option_of_a_command() -> None:
    # The one exception is for who runs the gallery, which answers to no unknown host name.
    named = [text for text in texts.translations("de") if re.search(r"--\w|FOLDER", text)]
    assert [re.findall(r"--\w+", text) for text in named] == [["--name"]]


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
    message = Message("{day} {month} {year}", day=5, month=Message("May"), year=2024)
    assert message == "5 May 2024"
    assert translate("en", message) == message
    assert translate("de", message) == "5. Mai 2024"
    assert translate("de", "never translated {x}", x=1) == "never translated 1"
    assert number_text("de", 12345) == "12.345"
    assert translate("de", Message("Album: {value}", value="1.5")) == "Album: 1.5"
    assert translate("de", Message("Scale: {value}", value=Figures("1.5 m"))) == "Maßstab: 1,5 m"

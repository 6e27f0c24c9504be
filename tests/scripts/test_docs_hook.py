"""The documentation builds without a warning, and its reference has all that the code has."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from jobs.nightly.example import example_text
from pipeline.catalog.query import RECORD_FIELDS
from pipeline.exports.registry import KINDS
from schemas.errors import ExitCode
from schemas.quality import QualityFlag
from schemas.reasons import FailureReason, SkipReason
from schemas.records import FocalSource
from schemas.table_metadata import ABOUT, metadata
from sharp_core.formats.registry import FORMATS
from sharp_core.models.registry import MODELS
from tests.support.cli import run
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def hook() -> Iterator[Any]:
    """Give the module as MkDocs imports it: with its folder on the path."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import docs_hook

        yield docs_hook
    finally:
        sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def pages(hook: Any) -> Mapping[str, str]:
    return {path: make() for path, make in hook.PAGES.items()}


def section(page: str, title: str) -> str:
    return page.split(f"\n## {title}")[1].split("\n## ", maxsplit=1)[0]


@pytest.mark.parametrize("command", ["ingest", "export", "train", "catalog import"])
def test_the_page_of_commands_has_each_option_that_help_shows(
    command: str, pages: Mapping[str, str]
) -> None:
    page = pages["reference/commands.md"]
    shown = re.findall(r"^  (?:-\w, )?(--[\w-]+)", run(*command.split(), "--help").stdout, re.M)
    assert len(shown) > 5
    shared = "".join(page.partition("{#library}")[1:])
    described = section(page, command + " {") + shared
    missing = [name for name in shown if not re.search(rf"(?:`|<code>){name}\b", described)]
    assert missing == ["--help"]


def test_the_page_of_codes_explains_each_in_a_row(pages: Mapping[str, str]) -> None:
    page = pages["reference/codes.md"]
    for members in (ExitCode, FailureReason, SkipReason, QualityFlag, FocalSource):
        for member in members:
            assert re.search(rf"^\| `{member.value}` \| \S", page, re.M), member


def test_the_page_of_choices_has_each_entry(pages: Mapping[str, str]) -> None:
    page = pages["reference/choices.md"]
    for registry in (MODELS, FORMATS, KINDS):
        for entry in registry:
            assert f"| `{entry.name}` |" in page


def test_the_page_of_the_catalog_has_each_column_and_says_what_tables_are(
    pages: Mapping[str, str],
) -> None:
    page = pages["reference/catalog.md"]
    for table in metadata.tables.values():
        assert table.info[ABOUT]
        rows = section(page, f"`{table.name}`")
        assert [column.name for column in table.columns if f"| `{column.name}` |" not in rows] == []
    assert [name for name in RECORD_FIELDS if f"`{name}`" not in page] == []


def test_the_page_of_settings_has_each_key_of_the_example_of_nightly(
    pages: Mapping[str, str],
) -> None:
    page = section(pages["reference/settings.md"], "nightly")
    keys = re.findall(r"^(?:# )?([a-z]\w+) = ", example_text(), re.M)
    assert len(keys) > 60
    assert [key for key in keys if f"| `{key}` |" not in page] == []


def test_every_page_is_in_the_navigation(pages: Mapping[str, str]) -> None:
    config = (ROOT / "mkdocs.yml").read_text()
    written = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    listed = set(re.findall(r"[\w./-]+\.md", config))
    written -= {page for page in written if page.startswith("examples/")}
    assert listed >= written | set(pages)


def test_it_builds_without_warnings_and_loads_nothing_from_other_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: Any
) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    monkeypatch.chdir(ROOT)
    build(load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(tmp_path)))
    html = [page.read_text() for page in tmp_path.rglob("*.html")]
    assert len(html) > 25
    loaded = [
        found
        for page in html
        for found in re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"?(\S+)", page)
        if "://" in found
    ]
    assert loaded == []
    css = [page.read_text() for page in tmp_path.rglob("*.css")]
    assert not any(re.search(r"url\(['\"]?https?:", page) for page in css)

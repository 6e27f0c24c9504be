"""The reference pages of the documentation, made from the code that they are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docs_reference.catalog import catalog_page
from docs_reference.choices import choices_page
from docs_reference.codes import codes_page
from docs_reference.commands import commands_page
from docs_reference.python_api import python_page
from docs_reference.settings import settings_page

# By their path in the documentation. `mkdocs.yml` lists them too.
PAGES: Mapping[str, Callable[[], str]] = {
    "reference/commands.md": commands_page,
    "reference/settings.md": settings_page,
    "reference/choices.md": choices_page,
    "reference/codes.md": codes_page,
    "reference/catalog.md": catalog_page,
    "reference/python.md": python_page,
}

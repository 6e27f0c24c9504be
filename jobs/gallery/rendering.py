"""Render Jinja templates to pages, with the values that every page shows and text filters."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from jobs.console.output import json_default, size_text
from jobs.gallery.address import FilteredView
from jobs.gallery.filter_texts import filter_text
from jobs.gallery.of_request import is_read_only
from jobs.gallery.problem_texts import problem_text, reason_name
from jobs.gallery.reader import library_reader
from jobs.gallery.texts import (
    Figures,
    Message,
    known,
    language_of,
    number_text,
    sentence,
    shown_text,
    translate,
)
from schemas.path_text import path_text


def json_data(value: object) -> Markup:
    """Return JSON that is safe inside a script element of a page."""
    text = json.dumps(value, default=json_default, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def filename(path: str | None) -> str:
    """Return the name of a file; "" where no file is left."""
    return Path(path).name if path else ""


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(json=json_data, filename=filename)


def compile_templates() -> None:
    """Compile all templates, so that no page waits for that."""
    for name in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(name)


def language_for(request: Request) -> str:
    """Return the language for a request's answer."""
    return language_of(request.headers.get("accept-language", ""))


def known_text(request: Request, text: str) -> str:
    """Return an English text, such as an error's, in a request's language where it is known."""
    return known(language_for(request), text)


def known_sentences(
    request: Request, told: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Any]:
    """Return a document for a page, with its texts of these names as sentences in its language."""
    found = {name: told[name] for name in names}
    return {
        **told,
        **{name: text and sentence(known_text(request, text)) for name, text in found.items()},
    }


def render(
    request: Request, template: str, /, status_code: int = 200, **context: object
) -> HTMLResponse:
    """Return a page, rendered from a template in the browser's language."""
    language, reader = language_for(request), library_reader(request)
    text = _ENVIRONMENT.get_template(template).render(
        **_texts_of(language),
        library=reader.name,
        command=partial(_command, reader.place[0]),
        path=request.url.path,
        can_make=not is_read_only(request),
        **context,
    )
    return HTMLResponse(
        text, status_code, {"content-language": language, "vary": "accept-language"}
    )


def _command(library: str, name: str, *words: str) -> str:
    """Return a whole command for this library, to copy."""
    return " ".join(["sharp-batch", name, "--library", shlex.quote(path_text(library)), *words])


def _texts_of(language: str) -> dict[str, object]:
    """Return what templates use to write texts in a language.

    `_` translates an English text, `plural` one of two for a number, `shown` only what is a
    Message or Figures: people's own words stay as they are.
    """
    number = partial(number_text, language)

    def plural(count: int, one: str, many: str) -> str:
        return translate(language, one if count == 1 else many, count=number(count))

    shown = partial(shown_text, language)

    def is_text(value: str) -> bool:
        return isinstance(value, Message)

    def chip(view: FilteredView, name: str) -> str:
        return translate(language, filter_text(name, getattr(view.filters, name), view.texts[name]))

    def size(count: int) -> str:
        return shown_text(language, Figures(size_text(count)))

    def score(value: float) -> str:
        return shown_text(language, Figures(f"{value:.2f}"))

    def note(text: str) -> str:
        # Warnings of earlier runs are in the catalog as they were told.
        is_ours = isinstance(text, Message | Figures)
        return shown(text) if is_ours else known(language, text)

    return {
        "_": partial(translate, language),
        "language": language,
        "number": number,
        "plural": plural,
        "shown": shown,
        "size": size,
        "score": score,
        "note": note,
        "is_text": is_text,
        "chip": chip,
        "reason_name": reason_name,
        "problem": partial(problem_text, language),
    }

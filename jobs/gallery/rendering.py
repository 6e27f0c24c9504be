"""Render Jinja templates to pages, with the values that every page shows and text filters."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from jobs.console.output import json_default, size_text, time_text
from jobs.gallery.reader import library_reader
from jobs.gallery.texts import Message, language_of, number_text, translate


def json_data(value: object) -> Markup:
    """Return JSON that is safe inside a script element of a page."""
    text = json.dumps(value, default=json_default, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def filename(path: str | None) -> str:
    """Return the name of a file; "" where no file is left."""
    return Path(path).name if path else ""


# What the filters of a view say, where it is not their name and their value.
FILTER_TEXTS = {
    "text": "{value}",
    "near": "near {value}",
    "after": "from {value}",
    "before": "before {value}",
    "one_per_group": "all photos of each moment",
}

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(json=json_data, size=size_text, duration=time_text, filename=filename)


def render(
    request: Request, template: str, /, status_code: int = 200, **context: object
) -> HTMLResponse:
    """Return a page, rendered from a template in the browser's language."""
    language = language_of(request.headers.get("accept-language", ""))
    text = _ENVIRONMENT.get_template(template).render(
        **_texts_of(language),
        library=library_reader(request).name,
        path=request.url.path,
        can_make=request.app.state.queue is not None,
        **context,
    )
    return HTMLResponse(
        text, status_code, {"content-language": language, "vary": "accept-language"}
    )


def _texts_of(language: str) -> dict[str, object]:
    """Return what templates use to write texts in a language.

    `_` translates an English text, `plural` one of two for a number, `shown` only what is a
    Message: people's own words stay as they are.
    """
    number = partial(number_text, language)

    def plural(count: int, one: str, many: str) -> str:
        return translate(language, one if count == 1 else many, count=number(count))

    def shown(value: str) -> str:
        return translate(language, value) if isinstance(value, Message) else value

    def filter_text(name: str, value: str) -> str:
        template = FILTER_TEXTS.get(name)
        if template is not None:
            return translate(language, template, value=value)
        return f"{translate(language, name.replace('_', ' '))} {value}"

    return {
        "_": partial(translate, language),
        "language": language,
        "number": number,
        "plural": plural,
        "shown": shown,
        "filter_text": filter_text,
    }

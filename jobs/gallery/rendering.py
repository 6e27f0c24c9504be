"""Render Jinja templates to pages, with the values that every page shows and text filters."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from jobs.console.output import json_default, size_text, time_text
from jobs.gallery.reader import library_reader


def json_data(value: object) -> Markup:
    """Return JSON that is safe inside a script element of a page."""
    text = json.dumps(value, default=json_default, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def day_text(value: datetime) -> str:
    """Return a date as text, such as `3 May 2024`."""
    return f"{value.day} {value:%B %Y}"


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
_ENVIRONMENT.filters.update(
    json=json_data, size=size_text, duration=time_text, day=day_text, filename=filename
)


def render(
    request: Request, template: str, /, status_code: int = 200, **context: object
) -> HTMLResponse:
    """Return a page, rendered from a template."""
    text = _ENVIRONMENT.get_template(template).render(
        library=library_reader(request).name,
        path=request.url.path,
        can_make=request.app.state.queue is not None,
        **context,
    )
    return HTMLResponse(text, status_code)

"""Where the facts of a photo's page lead: to photos of the same day, place, camera or people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from pipeline.catalog.folding import folded
from schemas.context import PlaceNames


class FactLink(NamedTuple):
    """A part of a fact, and the view that it leads to; without a text, it is the whole fact."""

    href: str
    text: str | None = None


def fact_links(photo: Mapping[str, Any]) -> dict[str, list[FactLink]]:
    """Return the links of facts by the facts' names; of those that lead somewhere."""
    found = {
        "People": [_view(name, person=_whole(name)) for name in photo["people"]],
        "Albums": [_view(name, album=_whole(name)) for name in photo["albums"]],
        "Keywords": [_view(name, keyword=_whole(name)) for name in photo["keywords"]],
        "Place": _places(photo),
        "Camera": [_view(None, camera=photo["camera_model"])] if photo["camera_model"] else [],
        "Lens": [_view(None, lens=photo["lens_model"])] if photo["lens_model"] else [],
        "Taken": _days(photo),
        "Favorite": [_view(None, favorite="true")] if photo["favorite"] else [],
        "Rating": [_view(None, rating=photo["rating"])] if (photo["rating"] or 0) > 0 else [],
    }
    return {name: links for name, links in found.items() if links}


def folder_links(paths: list[str]) -> list[tuple[str, str, str]]:
    """Return of each path its folder, its name, and the address of the folder's photos."""
    parts = []
    for path in paths:
        cut = max(path.rfind("/"), path.rfind("\\")) + 1
        folder, name = path[:cut], path[cut:]
        parts.append((folder, name, _view(None, folder=folder).href))
    return parts


def _places(photo: Mapping[str, Any]) -> list[FactLink]:
    """Return a link for each level of the place, the smallest first."""
    levels = [photo[name] for name in PlaceNames._fields if photo[name]]
    # A "/" in a name would be another level: the catalog has none there.
    paths = [name.replace("/", " ") for name in levels]
    return [
        _view(name, place="/" + "/".join(reversed(paths[at:]))) for at, name in enumerate(levels)
    ]


def _days(photo: Mapping[str, Any]) -> list[FactLink]:
    if photo["taken_at"] is None:
        return []
    day: date = photo["taken_at"].date()
    if day == date.max:
        return []
    return [_view(None, after=day, before=day + timedelta(days=1))]


def _whole(name: str) -> str:
    """Return the value of a filter for a name from its first level on."""
    return f"/{name}" if folded(name) else name


def _view(text: str | None, **filters: object) -> FactLink:
    return FactLink(f"/?{urlencode(filters)}", text)

"""Google Takeout: the JSON beside a photo, and the `metadata.json` of an album's folder.

A photo's JSON gives its favourite, caption, people, date and place. Its "title" is only the name
that the file had when it was uploaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.context.captions import clean_caption
from pipeline.context.folder import is_takeout_year
from pipeline.context.positions import read_position
from pipeline.context.source import PhotoMaterial
from pipeline.context.texts import clean, clean_all
from pipeline.metadata.position import GpsPosition
from pipeline.scan.takeout_names import is_album_json, original_of_edit
from schemas.context import ContextFacts, ContextSource
from schemas.errors import CollectionError
from schemas.records import ContextKind

_EPOCH = datetime(1970, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 1826, 2100
# An album's JSON has no other fields: other programs call files of theirs metadata.json too.
_ALBUM_FIELDS = frozenset(
    "title description access date location geoData enrichments sharedAlbumComments".split()
)


def read_photo(photo: PhotoMaterial) -> ContextFacts | None:
    """Return what a photo's JSON says of it; None where it has none, or one of another program."""
    content = photo.beside.get(ContextKind.TAKEOUT)
    fields = _parse(content) if content else None
    if fields is None or not isinstance(fields.get("photoTakenTime"), dict):
        return None
    taken_at = _read_time(fields["photoTakenTime"].get("timestamp"))
    # A place that a person set is in the first, and the camera's own in the second.
    place = _read_place(fields.get("geoData"))
    if place.latitude is None:
        place = _read_place(fields.get("geoDataExif"))
    people = fields.get("people")
    return ContextFacts(
        source=ContextSource.TAKEOUT,
        favorite=True if fields.get("favorited") is True else None,
        caption=clean_caption(fields.get("description")),
        people=clean_all(
            person.get("name")
            for person in (people if isinstance(people, list) else ())
            if isinstance(person, dict)
        ),
        hidden=True if fields.get("archived") is True else None,
        trashed=True if fields.get("trashed") is True else None,
        taken_at=taken_at,
        # Google gives the moment, and not the time zone.
        taken_at_offset=None if taken_at is None else timedelta(0),
        latitude=place.latitude,
        longitude=place.longitude,
        altitude_m=place.altitude_m,
        edited_of=clean(original_of_edit(photo.path.rpartition("/")[2])),
    )


def is_one(path: str) -> bool:
    """Tell whether a file may be the JSON of an album."""
    return path.endswith(".json") and is_album_json(path.rpartition("/")[2])


def covers(path: str) -> str:
    """Return the folder of an album."""
    return path.rpartition("/")[0]


def read(path: Path, photos: Sequence[str]) -> dict[str, ContextFacts]:
    """Return the album of the photos in a folder. Raises CollectionError."""
    try:
        fields = _parse(path.read_bytes())
    except OSError as error:
        raise CollectionError(error.strerror or str(error)) from error
    if fields is None:
        raise CollectionError("it is damaged: it is not a JSON object")
    title = _album_title(fields)
    if title is None:
        return {}
    facts = ContextFacts(source=ContextSource.TAKEOUT, albums=(title,))
    folder = str(path.parent)
    return {photo: facts for photo in photos if photo.rpartition("/")[0] == folder}


def _album_title(fields: Mapping[str, Any]) -> str | None:
    album = fields.get("albumData", fields)  # older archives have it one level deeper
    if not isinstance(album, dict) or not album.keys() <= _ALBUM_FIELDS:
        return None
    title = clean(album.get("title"))
    return None if title is None or is_takeout_year(title) else title


def _parse(content: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _read_time(timestamp: object) -> datetime | None:
    """Read seconds since 1970, in UTC. Zero stands for a date that is not known."""
    try:
        taken = _EPOCH + timedelta(seconds=int(str(timestamp)))
    except (ValueError, OverflowError):
        return None
    return taken if taken != _EPOCH and _FIRST_YEAR <= taken.year <= _LAST_YEAR else None


def _read_place(place: object) -> GpsPosition:
    if not isinstance(place, dict):
        return GpsPosition()
    return read_position(place.get("latitude"), place.get("longitude"), place.get("altitude"))

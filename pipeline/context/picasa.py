"""Picasa: `.picasa.ini` in each folder of photos -> stars, captions, albums and people.

    [Picasa]                 [.album:0123abcd]      [Contacts2]
    name=Summer              name=Best of           8e62398ebda8c1a5=Ada Lovelace;;

    [IMG_1.jpg]
    star=yes
    albums=0123abcd
    faces=rect64(3f845bcb59418507),8e62398ebda8c1a5;rect64(...),ffffffffffffffff

Facts about the format: "`.picasa.ini` decoded" by Franz Buchinger, in the public domain.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.context.captions import clean_caption
from pipeline.context.folder import album_name
from pipeline.context.positions import read_position
from pipeline.context.texts import clean, clean_all, folded
from pipeline.metadata.position import GpsPosition
from schemas.context import ContextFacts, ContextSource
from schemas.errors import CollectionError

_NAMES = ("/.picasa.ini", "/Picasa.ini", "/picasa.ini")
_MOST_BYTES = 64_000_000
_FOLDER, _ALBUM = "picasa", ".album:"
_CONTACTS = ("contacts2", "contacts")  # the second one's are of Picasa 3.5, mostly without names
_FACE = re.compile(r"rect64\([0-9a-fA-F]*\),\s*([0-9a-fA-F]+)")
_NOT_NAMED = re.compile("f+")

Section = Mapping[str, str]


def is_one(path: str) -> bool:
    """Tell whether a file is one of Picasa's."""
    return path.endswith(_NAMES)


def covers(path: str) -> str:
    """Return the folder of a file of Picasa's."""
    return path.rpartition("/")[0]


def read(path: Path, photos: Sequence[str]) -> dict[str, ContextFacts]:
    """Return what a folder's file says of the photos in it. Raises CollectionError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError as error:
        raise CollectionError(error.strerror or str(error)) from error
    sections = _sections(_decode(content))
    names = _contact_names(sections)
    albums = {
        section.removeprefix(_ALBUM): name
        for section, values in sections.items()
        if section.startswith(_ALBUM) and (name := _unescaped(values.get("name")))
    }
    of_folder = album_name(_unescaped(sections.get(_FOLDER, {}).get("name")) or "")
    folder = str(path.parent)
    found = {}
    for photo in photos:
        parent, _, name = photo.rpartition("/")
        if parent == folder:
            section = sections.get(folded(name), {})
            found[photo] = _facts(section, names, albums, of_folder)
    return {photo: facts for photo, facts in found.items() if not facts.is_empty}


def _facts(
    section: Section, names: Mapping[str, str], albums: Mapping[str, str], of_folder: str | None
) -> ContextFacts:
    faces = map(_contact_number, _FACE.findall(section.get("faces", "")))
    place = _read_geotag(section.get("geotag", ""))
    own_albums = (number.strip() for number in section.get("albums", "").split(","))
    return ContextFacts(
        source=ContextSource.PICASA,
        favorite=True if section.get("star", "").lower() in ("yes", "1", "true") else None,
        caption=clean_caption(_unescaped(section.get("caption"))),
        keywords=clean_all(section.get("keywords", "").split(",")),
        people=clean_all(names.get(face) for face in faces),
        albums=clean_all([*(albums.get(number) for number in own_albums), of_folder]),
        hidden=True if section.get("hidden", "").lower() in ("yes", "1", "true") else None,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def _read_geotag(text: str) -> GpsPosition:
    """Read "60.392000,5.324000"."""
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        return GpsPosition()
    return read_position(latitude, longitude)


def _contact_names(sections: Mapping[str, Section]) -> dict[str, str]:
    """Return people's names by the numbers that faces have."""
    names: dict[str, str] = {}
    for title in _CONTACTS:
        for number, value in sections.get(title, {}).items():
            name = _unescaped(value.split(";")[0])
            is_account = title == "contacts" and "," in value  # "user_lh,51b2..." has no name
            if name and not is_account and not _NOT_NAMED.fullmatch(number):
                names.setdefault(_contact_number(number), name)
    return names


def _contact_number(text: str) -> str:
    """Return a contact's hexadecimal number as it is compared: Picasa leaves out zeros at times."""
    return text.lower().lstrip("0")


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Read sections by their title; of a repeated key the last value counts, as for Picasa."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            title = line[1:-1]
            section = sections.setdefault(folded(title), {})
        elif "=" in line:
            key, _, value = line.partition("=")
            section[key.strip().lower()] = value.strip()
    return sections


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # before version 3.5, in the code page of the computer
        return content.decode("cp1252", "replace")


def _unescaped(value: str | None) -> str | None:
    """Return a text without the marks that Picasa writes for new lines, and HTML entities."""
    return clean(html.unescape((value or "").replace("\\n", "\n")))

"""digiKam: `digikam4.db` (schema versions 5 to 16) -> what it says of the photos in its albums.

Tables as digiKam's `dbconfig.xml` creates them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

from pipeline.context.captions import clean_caption
from pipeline.context.folder import album_name
from pipeline.context.foreign_database import need_tables, open_foreign_database, table_columns
from pipeline.context.moved_folders import FolderPhotos, find_base
from pipeline.context.ordered_lists import OrderedLists
from pipeline.context.positions import read_position
from pipeline.context.texts import MOST_OF_A_TEXT, clean, joined, without_parts
from schemas.context import ContextFacts, ContextSource

_NEEDED = ("AlbumRoots", "Albums", "Images", "ImageInformation", "ImageTags", "Tags")
_INTERNAL = "_Digikam_Internal_Tags_"
_COLOR_LABEL, _PICK_LABEL = "Color Label ", "Pick Label "
_REJECTED = -1
_HIDDEN, _TRASHED, _OBSOLETE = 2, 3, 4  # of Images.status
_CAPTION, _TITLE = 1, 3  # of ImageComments.type
_DERIVED = 1  # of ImageRelations.type
_NO_NAMES = {"unknownPerson", "unconfirmedPerson", "ignoredPerson"}  # of TagProperties
_MOST_PARENTS = 50


class _Tags(NamedTuple):
    """The tags of a database by their number."""

    keywords: Mapping[int, str]
    people: Mapping[int, str]
    labels: Mapping[int, str]  # of colours and picks


def is_one(path: str) -> bool:
    """Tell whether a file is a database of digiKam."""
    return path.endswith("/digikam4.db")


def covers(path: str) -> None:
    """Return None: the photos may be anywhere."""


def read(path: Path, photos: Sequence[str]) -> dict[str, ContextFacts]:
    """Return what a database says of photos. Raises CollectionError."""
    found = FolderPhotos(photos)
    read_photos = {}
    with open_foreign_database(path) as connection:
        columns = table_columns(connection)
        need_tables(columns, _NEEDED, "digiKam")
        bases = _find_roots(connection, found)
        for root, relative, facts in _read_images(connection, columns):
            if root in bases and (photo := found.find(bases[root], relative)):
                read_photos[photo] = facts
    return read_photos


def _find_roots(connection: sqlite3.Connection, found: FolderPhotos) -> dict[int, str]:
    """Return where the database's collections lie on this machine."""
    inner: dict[int, list[str]] = {}
    for root, relative in connection.execute("SELECT albumRoot, relativePath FROM Albums"):
        inner.setdefault(root, []).append(relative.strip("/"))
    bases = {}
    for root, identifier, path in connection.execute(
        "SELECT id, identifier, specificPath FROM AlbumRoots"
    ):
        base = find_base(_root_paths(identifier or "", path or ""), inner.get(root, []), found)
        if base is not None:
            bases[root] = base
    return bases


def _root_paths(identifier: str, specific: str) -> list[str]:
    """Return the possible paths of a collection.

    Its path is below a volume, which is "volumeid:?uuid=..." for a disk, "volumeid:?path=/photos"
    for a folder, and "networkshareid:?mountpath=/mnt/nas" for a network drive.
    """
    values = parse_qs(identifier.partition("?")[2])
    mounts = [*values.get("path", ()), *values.get("mountpath", ())]
    return [*(f"{mount}/{specific.strip('/')}" for mount in mounts), specific]


def _read_images(
    connection: sqlite3.Connection, columns: Mapping[str, frozenset[str]]
) -> Iterator[tuple[int, str, ContextFacts]]:
    """Yield each image's collection, its path below it, and what is known of it."""
    tags = _read_tags(connection, columns)
    used = OrderedLists(
        connection.execute("SELECT imageid, tagid FROM ImageTags ORDER BY imageid, tagid")
    )
    captions = OrderedLists(_comments(connection, columns, _CAPTION), MOST_OF_A_TEXT)
    titles = OrderedLists(_comments(connection, columns, _TITLE))
    originals = OrderedLists(_originals(connection, columns))
    for row in connection.execute(_images_query(columns)):
        key, root, folder, name, status, rating, latitude, longitude, altitude = row
        numbers = [int(number) for number in used.of(key)]
        labels = {tags.labels[number] for number in numbers if number in tags.labels}
        caption, title, original = (lists.of(key) for lists in (captions, titles, originals))
        if status in (_TRASHED, _OBSOLETE):
            continue  # no longer in the album
        place = read_position(latitude, longitude, altitude)
        album = album_name(folder.strip("/").rpartition("/")[2])
        rejected = f"{_PICK_LABEL}Rejected" in labels
        yield (
            root,
            f"{folder.strip('/')}/{name}",
            ContextFacts(
                source=ContextSource.DIGIKAM,
                rating=_REJECTED if rejected else int(rating) if rating in range(6) else None,
                picked=True if f"{_PICK_LABEL}Accepted" in labels else None,
                label=_color(labels),
                title=title[0] if title else None,
                caption=clean_caption(caption[0]) if caption else None,
                keywords=without_parts(tags.keywords[n] for n in numbers if n in tags.keywords),
                people=tuple(tags.people[n] for n in numbers if n in tags.people),
                albums=(album,) if album else (),
                hidden=True if status == _HIDDEN else None,
                latitude=place.latitude,
                longitude=place.longitude,
                altitude_m=place.altitude_m,
                edited_of=original[0] if original else None,
            ),
        )


def _images_query(columns: Mapping[str, frozenset[str]]) -> str:
    place, join = "NULL, NULL, NULL", ""
    if "ImagePositions" in columns:
        place = "p.latitudeNumber, p.longitudeNumber, p.altitude"
        join = "LEFT JOIN ImagePositions p ON p.imageid = i.id"
    return (
        f"SELECT i.id, a.albumRoot, a.relativePath, i.name, i.status, t.rating, {place}"
        " FROM Images i JOIN Albums a ON a.id = i.album"
        f" LEFT JOIN ImageInformation t ON t.imageid = i.id {join} ORDER BY i.id"
    )


def _read_tags(connection: sqlite3.Connection, columns: Mapping[str, frozenset[str]]) -> _Tags:
    rows = connection.execute("SELECT id, pid, name FROM Tags").fetchall()
    parents = {key: (parent, name) for key, parent, name in rows}
    properties: dict[int, dict[str, str | None]] = {}
    if "TagProperties" in columns:
        for key, name, value in connection.execute(
            "SELECT tagid, property, value FROM TagProperties"
        ):
            properties.setdefault(key, {})[name] = value
    keywords, people, labels = {}, {}, {}
    for key, (_, name) in parents.items():
        levels = _levels(key, parents)
        own = properties.get(key, {})
        if _INTERNAL in levels:
            labels[key] = name
        elif own.keys() & _NO_NAMES:
            continue
        elif "person" in own:
            people[key] = clean(own["person"]) or clean(name) or ""
        elif path := joined(levels):
            keywords[key] = path
    return _Tags(keywords, {key: name for key, name in people.items() if name}, labels)


def _levels(key: int, parents: Mapping[int, tuple[int, str]]) -> list[str]:
    levels: list[str] = []
    while key in parents and key != 0 and len(levels) < _MOST_PARENTS:  # 0: MySQL's root
        key, name = parents[key]
        levels.append(name)
    return levels[::-1]


def _color(labels: set[str]) -> str | None:
    names = (label.removeprefix(_COLOR_LABEL) for label in labels if label.startswith(_COLOR_LABEL))
    return next((name for name in names if name != "None"), None)


def _comments(
    connection: sqlite3.Connection, columns: Mapping[str, frozenset[str]], kind: int
) -> Iterator[tuple[int, str | None]]:
    """Yield the texts of one kind, the one in no special language first."""
    if "ImageComments" in columns:
        yield from connection.execute(
            "SELECT imageid, comment FROM ImageComments WHERE type = ? AND imageid IS NOT NULL"
            " ORDER BY imageid, language IS NOT 'x-default', id",
            (kind,),
        )


def _originals(
    connection: sqlite3.Connection, columns: Mapping[str, frozenset[str]]
) -> Iterator[tuple[int, str | None]]:
    """Yield the photo in the same album that an image is an edit of."""
    if "ImageRelations" in columns:
        yield from connection.execute(
            "SELECT r.subject, o.name FROM ImageRelations r JOIN Images i ON i.id = r.subject"
            " JOIN Images o ON o.id = r.object AND o.album = i.album"
            " WHERE r.type = ? ORDER BY r.subject, r.object",
            (_DERIVED,),
        )

"""Lightroom Classic: a catalog (`*.lrcat`, version 3 and later) -> what it says of photos.

Tables as described by the lrcat-extractor project. A photo may have virtual copies in a catalog:
its own values are those of the master, and the keywords and collections are those of all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.context.captions import clean_caption
from pipeline.context.foreign_database import need_tables, open_foreign_database, table_columns
from pipeline.context.lightroom_titles import title_in
from pipeline.context.moved_folders import FolderPhotos, find_base
from pipeline.context.ordered_lists import OrderedLists
from pipeline.context.positions import read_position
from pipeline.context.texts import clean, joined, without_parts
from schemas.context import ContextFacts, ContextSource

_COLLECTIONS = ("com.adobe.ag.library.collection", "com.adobe.ag.library.smart_collection")
_BACKUPS = "/Backups/"  # where Lightroom keeps copies of a catalog as it was
_PERSON = "person"  # keywordType of a keyword that names a person
_PICKED, _REJECTED = 1, -1
_MOST_PARENTS = 30
_NEEDED = ("Adobe_images", "AgLibraryFile", "AgLibraryFolder", "AgLibraryRootFolder")
_NOTHING = "SELECT 0, NULL WHERE 0"

Columns = Mapping[str, frozenset[str]]


class _Keyword(NamedTuple):
    path: str
    is_person: bool


def is_one(path: str) -> bool:
    """Tell whether a file is a catalog."""
    return path.endswith(".lrcat") and _BACKUPS not in path


def covers(path: str) -> None:
    """Return None: the photos may be anywhere."""


def read(path: Path, photos: Sequence[str]) -> dict[str, ContextFacts]:
    """Return what a catalog says of photos. Raises CollectionError."""
    found = FolderPhotos(photos)
    read_photos = {}
    with open_foreign_database(path) as connection:
        columns = table_columns(connection)
        need_tables(columns, _NEEDED, "Lightroom")
        bases = _find_roots(connection, path, found)
        for root, names, facts in _read_images(connection, columns):
            for name in names if root in bases else ():
                if photo := found.find(bases[root], name):
                    read_photos[photo] = facts
    return read_photos


def _find_roots(
    connection: sqlite3.Connection, catalog: Path, found: FolderPhotos
) -> dict[int, str]:
    """Return where the catalog's root folders lie on this machine."""
    inner: dict[int, list[str]] = {}
    for root, path in connection.execute("SELECT rootFolder, pathFromRoot FROM AgLibraryFolder"):
        inner.setdefault(root, []).append((path or "").strip("/"))
    bases = {}
    for root, absolute, relative in connection.execute(
        "SELECT id_local, absolutePath, relativePathFromCatalog FROM AgLibraryRootFolder"
    ):
        beside = [str(catalog.parent / relative)] if relative else []
        base = find_base([absolute, *beside], inner.get(root, []), found)
        if base is not None:
            bases[root] = base
    return bases


def _read_images(
    connection: sqlite3.Connection, columns: Columns
) -> Iterator[tuple[int, list[str], ContextFacts]]:
    """Yield each photo's root folder, its files' paths below it, and what is known of it."""
    keywords = OrderedLists(connection.execute(_keywords_query(columns)))
    albums = OrderedLists(_read_collections(connection, columns))
    names = _read_keyword_paths(connection, columns)
    for row in connection.execute(_images_query(columns)):
        key, root, folder, base, ending, others, rating, pick, label, *rest = row
        caption, xmp, latitude, longitude, *names_of_place = rest
        endings = [ending, *(others or "").split(",")]  # a raw file's own, and "JPG,xmp"
        place = read_position(latitude, longitude)
        used = [names[int(tag)] for tag in keywords.of(key) if int(tag) in names]
        yield (
            root,
            [f"{folder or ''}{base}.{one}".removesuffix(".") for one in endings],
            ContextFacts(
                source=ContextSource.LIGHTROOM,
                rating=_REJECTED if pick == _REJECTED else _stars(rating),
                picked=True if pick == _PICKED else None,
                label=clean(label),
                title=title_in(xmp),
                caption=clean_caption(caption),
                keywords=without_parts(k.path for k in used if not k.is_person),
                people=tuple(k.path.rpartition("/")[2] for k in used if k.is_person),
                albums=albums.of(key),
                location=clean(names_of_place[0]),
                city=clean(names_of_place[1]),
                region=clean(names_of_place[2]),
                country=clean(names_of_place[3]),
                latitude=place.latitude,
                longitude=place.longitude,
            ),
        )


def _stars(rating: float | str | None) -> int | None:
    try:
        stars = round(float(rating or 0))
    except ValueError:
        return None
    return stars if 1 <= stars <= 5 else None


def _images_query(columns: Columns) -> str:
    """Return the query of all masters, in the order of their files.

    The cross join makes SQLite begin with the files, which needs no sorting.
    """
    places, joins = [], []
    for reference, table in (
        ("locationRef", "AgInternedIptcLocation"),
        ("cityRef", "AgInternedIptcCity"),
        ("stateRef", "AgInternedIptcState"),
        ("countryRef", "AgInternedIptcCountry"),
    ):
        if reference in columns.get("AgHarvestedIptcMetadata", ()) and table in columns:
            places.append(f"{table}.value")
            joins.append(f"LEFT JOIN {table} ON {table}.id_local = h.{reference}")
        else:
            places.append("NULL")
    if joins:
        joins.insert(0, "LEFT JOIN AgHarvestedIptcMetadata h ON h.image = i.id_local")
    position = "NULL, NULL"
    if {"gpsLatitude", "hasGPS"} <= columns.get("AgHarvestedExifMetadata", frozenset()):
        position = "e.gpsLatitude, e.gpsLongitude"
        # The plus keeps SQLite from looking for each photo among all that have a position.
        has_position = "e.image = i.id_local AND +e.hasGPS = 1"
        joins.append(f"LEFT JOIN AgHarvestedExifMetadata e ON {has_position}")
    caption = "NULL"
    if "caption" in columns.get("AgLibraryIPTC", ()):
        caption = "c.caption"
        joins.append("LEFT JOIN AgLibraryIPTC c ON c.image = i.id_local")
    xmp = "NULL"
    if "xmp" in columns.get("Adobe_AdditionalMetadata", ()):
        xmp = "m.xmp"
        joins.append("LEFT JOIN Adobe_AdditionalMetadata m ON m.image = i.id_local")
    others = "sidecarExtensions" if "sidecarExtensions" in columns["AgLibraryFile"] else "NULL"
    return (
        "SELECT f.id_local, r.rootFolder, r.pathFromRoot, f.baseName,"
        f" f.extension, {others}, i.rating, CAST(i.pick AS INTEGER), i.colorLabels, {caption},"
        f" {xmp}, {position}, {', '.join(places)}"
        " FROM AgLibraryFile f CROSS JOIN Adobe_images i ON i.rootFile = f.id_local"
        f" JOIN AgLibraryFolder r ON r.id_local = f.folder {' '.join(joins)}"
        " WHERE i.masterImage IS NULL ORDER BY f.id_local"
    )


def _keywords_query(columns: Columns) -> str:
    if not {"AgLibraryKeyword", "AgLibraryKeywordImage"} <= columns.keys():
        return _NOTHING
    return (
        "SELECT CAST(i.rootFile AS INTEGER), CAST(k.tag AS INTEGER) FROM AgLibraryKeywordImage k"
        " JOIN Adobe_images i ON i.id_local = k.image WHERE i.rootFile IS NOT NULL ORDER BY 1, 2"
    )


def _read_keyword_paths(connection: sqlite3.Connection, columns: Columns) -> dict[int, _Keyword]:
    """Return the keywords by their number, such as "Places/Norway/Bergen"."""
    own = columns.get("AgLibraryKeyword")
    if own is None:
        return {}
    kind = "keywordType" if "keywordType" in own else "NULL"
    rows = {
        key: (name, parent, kind)
        for key, name, parent, kind in connection.execute(
            f"SELECT id_local, name, parent, {kind} FROM AgLibraryKeyword"
        )
    }
    parents = {key: (name, parent) for key, (name, parent, _) in rows.items()}
    return {
        key: _Keyword(path, rows[key][2] == _PERSON)
        for key in rows
        if rows[key][0] and (path := _path_of(key, parents))
    }


def _read_collections(
    connection: sqlite3.Connection, columns: Columns
) -> Iterator[tuple[int, str | None]]:
    """Yield the collections of each photo, with the sets that they are in."""
    if not {"AgLibraryCollection", "AgLibraryCollectionImage"} <= columns.keys():
        return
    rows = connection.execute(
        "SELECT id_local, name, parent, creationId, systemOnly FROM AgLibraryCollection"
    ).fetchall()
    parents = {key: (name, parent) for key, name, parent, _, _ in rows}
    names = {
        key: _path_of(key, parents)
        for key, _, _, kind, system in rows
        # Of the system are the quick collection and the like, which are no person's albums.
        if kind in _COLLECTIONS and not _is_true(system)
    }
    for key, collection in connection.execute(
        "SELECT CAST(i.rootFile AS INTEGER), c.collection FROM AgLibraryCollectionImage c"
        " JOIN Adobe_images i ON i.id_local = c.image WHERE i.rootFile IS NOT NULL ORDER BY 1, 2"
    ):
        if collection in names:
            yield key, names[collection]


def _is_true(value: float | str | None) -> bool:
    return value not in (None, "", "0", "0.0", 0)


def _path_of(key: int | None, parents: Mapping[int, tuple[str | None, int | None]]) -> str:
    """Return the names from the topmost parent down to an entry; the root has none."""
    parts: list[str | None] = []
    while key is not None and key in parents and len(parts) < _MOST_PARENTS:
        name, key = parents[key]
        parts.append(name)
    return joined(reversed(parts))

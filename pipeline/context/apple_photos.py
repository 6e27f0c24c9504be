"""Apple Photos: `database/Photos.sqlite` of a library -> what a person said of its originals.

Names of tables and columns change with each version of Photos (5 to 11 are known), as Core Data
numbers them: they are found by looking at the database. Facts about the schema: the documentation
of osxphotos.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.context.captions import clean_caption
from pipeline.context.foreign_database import open_foreign_database, table_columns
from pipeline.context.ordered_lists import OrderedLists
from pipeline.context.positions import read_position
from pipeline.context.texts import clean, joined
from schemas.context import ContextFacts, ContextSource
from schemas.errors import CollectionError

_DATABASE = "/database/Photos.sqlite"
_OLD_DATABASE = "/database/photos.db"  # of Photos 4 and older; newer libraries have one too
_ORIGINALS = "originals"
_UUID_LENGTH = 36  # an original is named UUID.heic; its raw file UUID_4.dng
_ALBUM_KINDS = (2, 1505)  # a person's albums, and shared ones
_FOLDER_KIND = 4000
_MOST_FOLDERS = 30  # of folders in each other
_EPOCH = datetime(2001, 1, 1)  # of Core Data
_USER_PICK = 8  # a bit of ZAVALANCHEPICKTYPE: a person kept this frame of a burst

Columns = Mapping[str, frozenset[str]]


def is_one(path: str) -> bool:
    """Tell whether a file is the database of a library."""
    return path.endswith((_DATABASE, _OLD_DATABASE)) and ".photoslibrary/" in path


def covers(path: str) -> None:
    """Return None: the photos may be anywhere."""


def read(path: Path, photos: Sequence[str]) -> dict[str, ContextFacts]:
    """Return what a library's database says of photos. Raises CollectionError."""
    if str(path).endswith(_OLD_DATABASE):
        if path.with_name("Photos.sqlite").exists():
            return {}
        raise CollectionError(
            "it is of Photos 4 or older, whose databases are not read",
            "Open the library once with a newer version of Photos.",
        )
    originals = _originals_by_uuid(path.parent.parent, photos)
    others = set(photos)
    found = {}
    with open_foreign_database(path) as connection:
        for name, folder, facts in _read_assets(connection):
            if folder.startswith("/"):  # a photo that stays outside the library
                paths = [outside] if (outside := f"{folder}/{name}") in others else []
            else:
                paths = originals.get(name[:_UUID_LENGTH].upper(), [])
            found.update(dict.fromkeys(paths, facts))
    return found


def _originals_by_uuid(library: Path, photos: Sequence[str]) -> dict[str, list[str]]:
    prefix = f"{library / _ORIGINALS}/"
    originals: dict[str, list[str]] = defaultdict(list)
    for path in photos:
        if path.startswith(prefix):
            originals[path.rpartition("/")[2][:_UUID_LENGTH].upper()].append(path)
    return originals


def _read_assets(connection: sqlite3.Connection) -> Iterator[tuple[str, str, ContextFacts]]:
    """Yield each photo's file name, its folder, and what is known of it."""
    columns = table_columns(connection)
    asset = next((name for name in ("ZASSET", "ZGENERICASSET") if name in columns), None)
    if asset is None or "ZADDITIONALASSETATTRIBUTES" not in columns:
        raise CollectionError("it has no table of photos: it is of an unknown version of Photos")
    keywords = OrderedLists(connection.execute(_keywords_query(columns)))
    people = OrderedLists(connection.execute(_people_query(columns)))
    albums = OrderedLists(_read_albums(connection, columns))
    for row in connection.execute(_assets_query(asset, columns)):
        key, name, folder, favorite, hidden, trashed, burst, pick, *rest = row
        date, offset, latitude, longitude, title, caption = rest
        lists = keywords.of(key), people.of(key), albums.of(key)
        if not name or folder is None:
            continue
        place = read_position(latitude, longitude)  # -180 for both where it is not known
        taken_at = _local_time(date, offset)
        yield (
            name,
            folder,
            ContextFacts(
                source=ContextSource.APPLE_PHOTOS,
                favorite=True if favorite else None,
                picked=True if burst and (pick or 0) & _USER_PICK else None,
                title=clean(title),
                caption=clean_caption(caption),
                keywords=lists[0],
                people=lists[1],
                albums=lists[2],
                hidden=True if hidden else None,
                trashed=True if trashed else None,
                taken_at=taken_at,
                taken_at_offset=None if taken_at is None else timedelta(seconds=offset or 0),
                latitude=place.latitude,
                longitude=place.longitude,
                burst_id=clean(burst),
            ),
        )


def _assets_query(asset: str, columns: Columns) -> str:
    own = "Z_PK ZFILENAME ZDIRECTORY ZFAVORITE ZHIDDEN ZTRASHEDSTATE ZAVALANCHEUUID".split()
    own += "ZAVALANCHEPICKTYPE ZDATECREATED".split()
    selected = [_column("a", name, columns[asset]) for name in own]
    more = columns["ZADDITIONALASSETATTRIBUTES"]
    selected.append(_column("m", "ZTIMEZONEOFFSET", more))
    selected += [_column("a", name, columns[asset]) for name in ("ZLATITUDE", "ZLONGITUDE")]
    selected.append(_column("m", "ZTITLE", more))
    has_captions = "ZLONGDESCRIPTION" in columns.get("ZASSETDESCRIPTION", ())
    selected.append("d.ZLONGDESCRIPTION" if has_captions else "NULL")
    captions = "LEFT JOIN ZASSETDESCRIPTION d ON d.ZASSETATTRIBUTES = m.Z_PK"
    return (
        f"SELECT {', '.join(selected)} FROM {asset} a"
        " LEFT JOIN ZADDITIONALASSETATTRIBUTES m ON m.ZASSET = a.Z_PK"
        f" {captions if has_captions else ''} ORDER BY a.Z_PK"
    )


def _column(table: str, name: str, known: frozenset[str]) -> str:
    return f"{table}.{name}" if name in known else "NULL"


def _keywords_query(columns: Columns) -> str:
    own = _numbered(columns.get("Z_1KEYWORDS", frozenset()), "KEYWORDS")
    if own is None or "ZKEYWORD" not in columns:
        return _NOTHING
    return (
        "SELECT m.ZASSET, k.ZTITLE FROM Z_1KEYWORDS j"
        " JOIN ZADDITIONALASSETATTRIBUTES m ON m.Z_PK = j.Z_1ASSETATTRIBUTES"
        f" JOIN ZKEYWORD k ON k.Z_PK = j.{own} WHERE m.ZASSET IS NOT NULL ORDER BY 1, 2"
    )


def _people_query(columns: Columns) -> str:
    faces = columns.get("ZDETECTEDFACE", frozenset())
    asset = next((name for name in ("ZASSETFORFACE", "ZASSET") if name in faces), None)
    person = next((name for name in ("ZPERSONFORFACE", "ZPERSON") if name in faces), None)
    if asset is None or person is None or "ZPERSON" not in columns:
        return _NOTHING
    kept = " AND f.ZISINTRASH IS NOT 1" if "ZISINTRASH" in faces else ""
    return (
        f"SELECT f.{asset}, coalesce(nullif(p.ZFULLNAME, ''), p.ZDISPLAYNAME)"
        f" FROM ZDETECTEDFACE f JOIN ZPERSON p ON p.Z_PK = f.{person}"
        f" WHERE f.{asset} IS NOT NULL{kept} ORDER BY 1, 2"
    )


def _read_albums(
    connection: sqlite3.Connection, columns: Columns
) -> Iterator[tuple[int, str | None]]:
    """Yield the albums of each photo, with the folders that they are in."""
    join = _album_join(columns)
    if join is None:
        return
    table, album, asset = join
    names = _album_names(connection)
    rows = connection.execute(f"SELECT {asset}, {album} FROM {table} ORDER BY 1, 2")
    for key, album_key in rows:
        if key is not None and album_key in names:
            yield key, names[album_key]


def _album_join(columns: Columns) -> tuple[str, str, str] | None:
    """Return the table between albums and photos, such as Z_28ASSETS, with its two columns."""
    for table, own in columns.items():
        if re.fullmatch(r"Z_\d+ASSETS", table):
            album, asset = _numbered(own, "ALBUMS"), _numbered(own, "ASSETS")
            if album is not None and asset is not None:
                return table, album, asset
    return None


def _album_names(connection: sqlite3.Connection) -> dict[int, str]:
    """Return the albums by their number, such as "Travel/Italy" for one in a folder."""
    rows = connection.execute(
        "SELECT Z_PK, ZKIND, ZTITLE, ZPARENTFOLDER, ZTRASHEDSTATE FROM ZGENERICALBUM"
    ).fetchall()
    folders = {key: (title, parent) for key, kind, title, parent, _ in rows if kind == _FOLDER_KIND}
    names = {}
    for key, kind, title, parent, trashed in rows:
        if kind in _ALBUM_KINDS and clean(title) and not trashed:
            levels = [title]
            while parent in folders and len(levels) < _MOST_FOLDERS:
                folder, parent = folders[parent]  # noqa: PLW2901 - it goes up
                levels.append(folder)
            names[key] = joined(reversed(levels))
    return names


def _numbered(columns: frozenset[str], name: str) -> str | None:
    """Return the column of a many-to-many table, such as Z_40KEYWORDS."""
    return next((c for c in sorted(columns) if re.fullmatch(rf"Z_\d+{name}", c)), None)


def _local_time(seconds: float | None, offset: int | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return _EPOCH + timedelta(seconds=float(seconds) + (offset or 0))
    except (OverflowError, ValueError):  # damaged dates occur
        return None


_NOTHING = "SELECT 0, NULL WHERE 0"

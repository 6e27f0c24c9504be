"""Apple Photos libraries, with the tables that each version of Photos has.

Core Data numbers its tables and columns; the numbers here are those of real libraries.
"""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

UUID = "1EB2B765-0765-43BA-A90C-0D0580E6172C"
UUIDS = tuple(f"{number:08X}-0765-43BA-A90C-0D0580E6172C" for number in range(1, 40))


@dataclass(frozen=True)
class Version:
    """What a version of Photos calls its tables and columns."""

    asset: str
    album_join: tuple[str, str, str]
    keyword_column: str
    face_columns: tuple[str, str]


FACES, NEW_FACES = ("ZASSET", "ZPERSON"), ("ZASSETFORFACE", "ZPERSONFORFACE")
VERSIONS = {
    "5": Version(
        "ZGENERICASSET", ("Z_26ASSETS", "Z_26ALBUMS", "Z_34ASSETS"), "Z_37KEYWORDS", FACES
    ),
    "6": Version("ZASSET", ("Z_26ASSETS", "Z_26ALBUMS", "Z_3ASSETS"), "Z_36KEYWORDS", FACES),
    "7": Version("ZASSET", ("Z_27ASSETS", "Z_27ALBUMS", "Z_3ASSETS"), "Z_38KEYWORDS", FACES),
    "8": Version("ZASSET", ("Z_28ASSETS", "Z_28ALBUMS", "Z_3ASSETS"), "Z_40KEYWORDS", FACES),
    "9": Version("ZASSET", ("Z_28ASSETS", "Z_28ALBUMS", "Z_3ASSETS"), "Z_40KEYWORDS", NEW_FACES),
    "10": Version("ZASSET", ("Z_30ASSETS", "Z_30ALBUMS", "Z_3ASSETS"), "Z_47KEYWORDS", NEW_FACES),
    "11": Version("ZASSET", ("Z_33ASSETS", "Z_33ALBUMS", "Z_3ASSETS"), "Z_52KEYWORDS", NEW_FACES),
}


class AppleLibrary:
    """A library on disk whose rows a test writes."""

    def __init__(self, folder: Path, version: str = "10") -> None:
        self.path = folder / "Photos Library.photoslibrary"
        self.database = self.path / "database" / "Photos.sqlite"
        self.database.parent.mkdir(parents=True)
        self._version = VERSIONS[version]
        self._connection = sqlite3.connect(self.database)
        self._connection.execute("PRAGMA synchronous = OFF")  # quicker
        self._connection.execute("PRAGMA journal_mode = WAL")
        album_table, album, asset = self._version.album_join
        face_asset, face_person = self._version.face_columns
        self._connection.executescript(f"""
            CREATE TABLE {self._version.asset} (Z_PK INTEGER PRIMARY KEY, ZUUID VARCHAR,
                ZDIRECTORY VARCHAR, ZFILENAME VARCHAR, ZFAVORITE INTEGER, ZHIDDEN INTEGER,
                ZTRASHEDSTATE INTEGER, ZAVALANCHEUUID VARCHAR, ZAVALANCHEPICKTYPE INTEGER,
                ZDATECREATED TIMESTAMP, ZLATITUDE FLOAT, ZLONGITUDE FLOAT, ZKIND INTEGER);
            CREATE TABLE ZADDITIONALASSETATTRIBUTES (Z_PK INTEGER PRIMARY KEY, ZASSET INTEGER,
                ZTITLE VARCHAR, ZTIMEZONEOFFSET INTEGER, ZORIGINALFILENAME VARCHAR);
            CREATE TABLE ZASSETDESCRIPTION (Z_PK INTEGER PRIMARY KEY, ZASSETATTRIBUTES INTEGER,
                ZLONGDESCRIPTION VARCHAR);
            CREATE TABLE ZKEYWORD (Z_PK INTEGER PRIMARY KEY, ZTITLE VARCHAR);
            CREATE TABLE Z_1KEYWORDS (Z_1ASSETATTRIBUTES INTEGER,
                {self._version.keyword_column} INTEGER);
            CREATE TABLE ZPERSON (Z_PK INTEGER PRIMARY KEY, ZFULLNAME VARCHAR,
                ZDISPLAYNAME VARCHAR);
            CREATE TABLE ZDETECTEDFACE (Z_PK INTEGER PRIMARY KEY, {face_asset} INTEGER,
                {face_person} INTEGER, ZISINTRASH INTEGER);
            CREATE TABLE ZGENERICALBUM (Z_PK INTEGER PRIMARY KEY, ZKIND INTEGER, ZTITLE VARCHAR,
                ZPARENTFOLDER INTEGER, ZTRASHEDSTATE INTEGER);
            CREATE TABLE {album_table} ({album} INTEGER, {asset} INTEGER, Z_FOK_3ASSETS INTEGER);
            CREATE TABLE Z_3MEMORIESBEINGKEYASSETS (Z_3KEYASSETS INTEGER, Z_44MEMORIES INTEGER);
            INSERT INTO ZGENERICALBUM VALUES (1, 3999, NULL, NULL, 0);
        """)

    def add(self, uuid: str = UUID, ending: str = "heic", **values: object) -> str:
        """Add a photo and its original; values replace those of a plain one. Returns its path."""
        title, caption = values.pop("title", None), values.pop("caption", None)
        row = {
            "ZUUID": uuid,
            "ZDIRECTORY": uuid[0],
            "ZFILENAME": f"{uuid}.{ending}",
            "ZFAVORITE": 0,
            "ZHIDDEN": 0,
            "ZTRASHEDSTATE": 0,
            "ZAVALANCHEPICKTYPE": 0,
            "ZLATITUDE": -180.0,
            "ZLONGITUDE": -180.0,
            **{name: value for name, value in values.items() if name != "ZTIMEZONEOFFSET"},
        }
        key = self._insert(self._version.asset, row)
        more = {"ZASSET": key, "ZTITLE": title, "ZTIMEZONEOFFSET": values.get("ZTIMEZONEOFFSET")}
        attributes = self._insert("ZADDITIONALASSETATTRIBUTES", more)
        if caption is not None:
            description = {"ZASSETATTRIBUTES": attributes, "ZLONGDESCRIPTION": caption}
            self._insert("ZASSETDESCRIPTION", description)
        path = self.path / "originals" / uuid[0] / f"{uuid}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return str(path)

    def album(
        self, name: str | None, *photos: int, kind: int = 2, parent: int = 1, trashed: int = 0
    ) -> int:
        """Add an album, or a folder of albums; photos are numbered from 1."""
        key = self._insert(
            "ZGENERICALBUM",
            {"ZKIND": kind, "ZTITLE": name, "ZPARENTFOLDER": parent, "ZTRASHEDSTATE": trashed},
        )
        table, album, asset = self._version.album_join
        for photo in photos:
            self._insert(table, {album: key, asset: photo})
        return key

    def keyword(self, name: str, *photos: int) -> None:
        key = self._insert("ZKEYWORD", {"ZTITLE": name})
        for photo in photos:
            row = {"Z_1ASSETATTRIBUTES": photo, self._version.keyword_column: key}
            self._insert("Z_1KEYWORDS", row)

    def person(self, name: str | None, *photos: int, trashed: int = 0) -> None:
        key = self._insert("ZPERSON", {"ZFULLNAME": name, "ZDISPLAYNAME": name})
        asset, person = self._version.face_columns
        for photo in photos:
            self._insert("ZDETECTEDFACE", {asset: photo, person: key, "ZISINTRASH": trashed})

    def run(self, sql: str) -> None:
        self._connection.execute(sql)

    def close(self) -> None:
        """Write all to the database file, as Photos does when a person closes it."""
        self._connection.commit()
        self._connection.close()

    def abandon(self) -> None:
        """Leave the rows in the write-ahead log, as while Photos runs or after a crash."""
        self._connection.commit()
        held = self.database.with_name("held")
        held.mkdir()
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{self.database}{end}", held)
        self._connection.close()
        for end in ("", "-wal", "-shm"):
            shutil.move(held / f"Photos.sqlite{end}", f"{self.database}{end}")
        held.rmdir()

    def _insert(self, table: str, row: dict[str, object]) -> int:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        cursor = self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())
        )
        return int(cursor.lastrowid or 0)

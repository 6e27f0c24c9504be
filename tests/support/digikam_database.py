"""digiKam's core database, created as digiKam 7 and 8 do, as far as it says something."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_TABLES = """
    CREATE TABLE AlbumRoots (id INTEGER PRIMARY KEY, label TEXT, status INTEGER NOT NULL,
        type INTEGER NOT NULL, identifier TEXT, specificPath TEXT,
        UNIQUE(identifier, specificPath));
    CREATE TABLE Albums (id INTEGER PRIMARY KEY, albumRoot INTEGER NOT NULL,
        relativePath TEXT NOT NULL, date DATE, caption TEXT, collection TEXT, icon INTEGER,
        UNIQUE(albumRoot, relativePath));
    CREATE TABLE Images (id INTEGER PRIMARY KEY, album INTEGER, name TEXT NOT NULL,
        status INTEGER NOT NULL, category INTEGER NOT NULL, UNIQUE (album, name));
    CREATE TABLE ImageInformation (imageid INTEGER PRIMARY KEY, rating INTEGER,
        creationDate DATETIME);
    CREATE TABLE ImagePositions (imageid INTEGER PRIMARY KEY, latitude TEXT,
        latitudeNumber REAL, longitude TEXT, longitudeNumber REAL, altitude REAL);
    CREATE TABLE ImageComments (id INTEGER PRIMARY KEY, imageid INTEGER, type INTEGER,
        language TEXT, author TEXT, date DATETIME, comment TEXT,
        UNIQUE(imageid, type, language, author));
    CREATE TABLE Tags (id INTEGER PRIMARY KEY, pid INTEGER, name TEXT NOT NULL, icon INTEGER,
        iconkde TEXT, UNIQUE (name, pid));
    CREATE TABLE ImageTags (imageid INTEGER NOT NULL, tagid INTEGER NOT NULL,
        UNIQUE (imageid, tagid));
    CREATE TABLE ImageRelations (subject INTEGER, object INTEGER, type INTEGER,
        UNIQUE(subject, object, type));
    CREATE TABLE TagProperties (tagid INTEGER, property TEXT, value TEXT);
    CREATE TABLE ImageTagProperties (imageid INTEGER, tagid INTEGER, property TEXT, value TEXT);
    CREATE TABLE Settings (keyword TEXT NOT NULL UNIQUE, value TEXT);
    INSERT INTO Settings VALUES ('DBVersion', '16');
    INSERT INTO Tags VALUES (1, 0, '_Digikam_Internal_Tags_', NULL, NULL);
    INSERT INTO TagProperties VALUES (1, 'internalTag', NULL);
"""
INTERNAL = 1


class DigikamDatabase:
    """A database on disk whose rows a test writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_TABLES)

    def insert(self, table: str, **row: object) -> int:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        cursor = self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())
        )
        return int(cursor.lastrowid or 0)

    def root(self, path: str, identifier: str = "volumeid:?uuid=722b9c6f-0249") -> int:
        return self.insert(
            "AlbumRoots",
            label="Pictures",
            status=0,
            type=1,
            identifier=identifier,
            specificPath=path,
        )

    def album(self, root: int, path: str) -> int:
        return self.insert("Albums", albumRoot=root, relativePath=path)

    def image(
        self, album: int, name: str, status: int = 1, rating: int = -1, **position: object
    ) -> int:
        key = self.insert("Images", album=album, name=name, status=status, category=1)
        self.insert("ImageInformation", imageid=key, rating=rating)
        if position:
            self.insert("ImagePositions", imageid=key, **position)
        return key

    def tag(self, name: str, *images: int, parent: int = 0, **properties: str | None) -> int:
        key = self.insert("Tags", name=name, pid=parent)
        for image in images:
            self.insert("ImageTags", imageid=image, tagid=key)
        for property_, value in properties.items():
            self.insert("TagProperties", tagid=key, property=property_, value=value)
        return key

    def comment(self, image: int, kind: int, text: str, language: str = "x-default") -> None:
        self.insert("ImageComments", imageid=image, type=kind, language=language, comment=text)

    def run(self, sql: str) -> None:
        self._connection.execute(sql)

    def close(self) -> None:
        self._connection.commit()
        self._connection.close()

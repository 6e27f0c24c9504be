"""Lightroom Classic catalogs, with the tables of a real one as far as they say something."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

_TABLES = """
    CREATE TABLE Adobe_images (id_local INTEGER PRIMARY KEY, captureTime,
        colorLabels NOT NULL DEFAULT '', copyName, fileFormat NOT NULL DEFAULT 'unset',
        masterImage INTEGER, pick NOT NULL DEFAULT 0, rating, rootFile INTEGER);
    CREATE TABLE AgLibraryFile (id_local INTEGER PRIMARY KEY, baseName NOT NULL DEFAULT '',
        extension NOT NULL DEFAULT '', folder INTEGER NOT NULL DEFAULT 0, sidecarExtensions);
    CREATE TABLE AgLibraryFolder (id_local INTEGER PRIMARY KEY,
        pathFromRoot NOT NULL DEFAULT '', rootFolder INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE AgLibraryRootFolder (id_local INTEGER PRIMARY KEY,
        absolutePath UNIQUE NOT NULL DEFAULT '', name NOT NULL DEFAULT '',
        relativePathFromCatalog);
    CREATE TABLE AgLibraryKeyword (id_local INTEGER PRIMARY KEY, keywordType, name,
        parent INTEGER);
    CREATE TABLE AgLibraryKeywordImage (id_local INTEGER PRIMARY KEY,
        image INTEGER NOT NULL DEFAULT 0, tag INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE AgLibraryCollection (id_local INTEGER PRIMARY KEY,
        creationId NOT NULL DEFAULT '', name NOT NULL DEFAULT '', parent INTEGER,
        systemOnly NOT NULL DEFAULT '');
    CREATE TABLE AgLibraryCollectionImage (id_local INTEGER PRIMARY KEY,
        collection INTEGER NOT NULL DEFAULT 0, image INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE AgLibraryIPTC (id_local INTEGER PRIMARY KEY, caption, copyright,
        image INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE Adobe_AdditionalMetadata (id_local INTEGER PRIMARY KEY, image INTEGER,
        xmp NOT NULL DEFAULT '');
    CREATE TABLE AgHarvestedIptcMetadata (id_local INTEGER PRIMARY KEY, image INTEGER,
        cityRef INTEGER, countryRef INTEGER, locationRef INTEGER, stateRef INTEGER);
    CREATE TABLE AgHarvestedExifMetadata (id_local INTEGER PRIMARY KEY, image INTEGER,
        gpsLatitude, gpsLongitude, hasGPS INTEGER);
    CREATE TABLE AgInternedIptcCity (id_local INTEGER PRIMARY KEY, searchIndex, value);
    CREATE TABLE AgInternedIptcCountry (id_local INTEGER PRIMARY KEY, searchIndex, value);
    CREATE TABLE AgInternedIptcLocation (id_local INTEGER PRIMARY KEY, searchIndex, value);
    CREATE TABLE AgInternedIptcState (id_local INTEGER PRIMARY KEY, searchIndex, value);
    INSERT INTO AgLibraryKeyword VALUES (1, NULL, NULL, NULL);
"""
ROOT_KEYWORD = 1
COLLECTION = "com.adobe.ag.library.collection"
COLLECTION_SET = "com.adobe.ag.library.group"


def packed_xmp(xmp: bytes) -> bytes:
    """XMP as catalogs hold it."""
    return len(xmp).to_bytes(4, "big") + zlib.compress(xmp)


class LightroomCatalog:
    """A catalog on disk whose rows a test writes."""

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

    def root(self, path: str, relative: str | None = None) -> int:
        return self.insert(
            "AgLibraryRootFolder",
            absolutePath=path,
            name=path.strip("/").rpartition("/")[2],
            relativePathFromCatalog=relative,
        )

    def folder(self, root: int, path: str) -> int:
        """A folder below a root: "" for the root itself, or "2019/Oslo/"."""
        return self.insert("AgLibraryFolder", rootFolder=root, pathFromRoot=path)

    def photo(self, folder: int, name: str, beside: str = "", **values: object) -> int:
        """A file with its image; `beside` are endings of others, such as "JPG,xmp"."""
        base, _, extension = name.rpartition(".")
        row = {"baseName": base, "extension": extension, "folder": folder}
        file = self.insert("AgLibraryFile", sidecarExtensions=beside, **row)
        return self.insert("Adobe_images", rootFile=file, **values)

    def virtual_copy(self, image: int, **values: object) -> int:
        file = self._connection.execute(
            "SELECT rootFile FROM Adobe_images WHERE id_local = ?", (image,)
        ).fetchone()[0]
        return self.insert("Adobe_images", rootFile=file, masterImage=image, **values)

    def keyword(
        self, name: str, *images: int, parent: int = ROOT_KEYWORD, kind: str | None = None
    ) -> int:
        key = self.insert("AgLibraryKeyword", name=name, parent=parent, keywordType=kind)
        for image in images:
            self.insert("AgLibraryKeywordImage", image=image, tag=key)
        return key

    def collection(
        self,
        name: str,
        *images: int,
        parent: int | None = None,
        kind: str = COLLECTION,
        system: object = 0.0,
    ) -> int:
        key = self.insert(
            "AgLibraryCollection", name=name, parent=parent, creationId=kind, systemOnly=system
        )
        for image in images:
            self.insert("AgLibraryCollectionImage", image=image, collection=key)
        return key

    def run(self, sql: str) -> None:
        self._connection.execute(sql)

    def close(self) -> None:
        self._connection.commit()
        self._connection.close()

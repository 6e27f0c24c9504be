from __future__ import annotations

import sqlalchemy as sa

from pipeline.catalog.merits import read_merits
from schemas.context_tables import photo_flags
from schemas.table_metadata import metadata
from schemas.tables import photos, utc_now

KNOWN = {
    "favorite": {"favorite": True},
    "five": {"rating": 5},
    "picked": {"picked": True},
    "good": {"score": 0.9},
    "plain": {},
    "poor": {"score": 0.1},
    "blurred": {},
    "page": {},
    "rejected": {"rating": -1},
}


def test_what_people_want_comes_first_and_what_makes_no_scene_last() -> None:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, columns in KNOWN.items():
            row = {"state": "due", "media_type": "jpeg", "bytes": 1, "found_at": utc_now()}
            connection.execute(photos.insert().values(photo_id=name, **row, **columns))
        for name, flag in (("blurred", "blurred"), ("page", "document"), ("plain", "macro")):
            connection.execute(photo_flags.insert().values(photo_id=name, flag=flag))
    with engine.connect() as connection:
        merits = read_merits(connection, [*KNOWN, "unknown"])
    order = sorted(merits, key=lambda name: -merits[name])
    assert order[:4] == ["five", "favorite", "picked", "good"]
    assert order[4:] == ["plain", "poor", "blurred", "page", "rejected"]
    assert merits["plain"] == 0  # as of a file that is not known yet
    assert "unknown" not in merits

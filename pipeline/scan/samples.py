"""The sample photos that come with the program, for a first try without photos of one's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def sample_photos() -> Path:
    """Return the folder of the sample photos. Its README names their origins and licences."""
    return Path(str(resources.files("pipeline"))) / "sample_photos"

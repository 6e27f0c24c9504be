"""PFM: floating-point images. `Pf`, width and height, scale (negative: little-endian), then rows.

Rows lie bottom up (P. Debevec's description of 1998).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sharp_core.evaluation.datasets.files import unreadable
from sharp_core.scene.posed_picture import Depth


def read_pfm(path: Path) -> Depth:
    """Return a grey image, (H, W), top row first. Raises PhotoError."""
    try:
        with path.open("rb") as file:
            kind = file.readline().strip()
            width, height = (int(word) for word in file.readline().split())
            scale = float(file.readline())
            data = file.read()
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise unreadable(path, f"not a PFM file: {error}") from error
    if kind != b"Pf" or len(data) < 4 * width * height:
        raise unreadable(path, "not a complete grey PFM file")
    order = "<" if scale < 0 else ">"
    values = np.frombuffer(data, f"{order}f4", width * height).reshape(height, width)
    return np.ascontiguousarray(values[::-1]).astype(np.float32)

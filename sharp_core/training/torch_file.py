"""Files of tensors that a kill never leaves half-written."""

from __future__ import annotations

import os
from pathlib import Path

import torch


def save_whole(content: object, path: Path) -> None:
    """Write with torch.save through a temporary file: a kill leaves the former file whole."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)

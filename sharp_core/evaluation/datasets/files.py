"""Files of a data set: what has to be there, pictures, and checks of depth maps.

Data sets are found by looking at names and calibrations, which raises UsageError; pictures and
depth are read later, pair by pair, which raises PhotoError.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from schemas.count_text import count_text
from schemas.errors import PhotoError, UsageError
from schemas.reasons import FailureReason
from sharp_core.scene.posed_picture import Depth, Pixels

# A picture whose median depth is outside is taken for one in a wrong unit. Scans of whole buildings
# reach farther.
NEAREST_M, FARTHEST_M, FARTHEST_OUTDOORS_M = 0.1, 50.0, 500.0


def require(paths: Iterable[Path]) -> None:
    """Raise UsageError for the first file that is missing."""
    for path in paths:
        if not path.is_file():
            raise UsageError(f"the data set lacks {path}", "Download that part of it again.")


def read_text(path: Path) -> str:
    """Return a small text file. Raises UsageError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(path, str(error)) from error


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the content of a JSON file. Raises UsageError."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise damaged(path, str(error)) from error


def damaged(path: Path, problem: str) -> UsageError:
    """Return the error of a calibration or list that makes no sense."""
    return UsageError(f"{path}: {problem}", "Is the file complete? Download it again.")


def unreadable(path: Path, problem: str) -> PhotoError:
    """Return the error of a picture or depth map."""
    return PhotoError(FailureReason.UNREADABLE, f"{path}: {problem}")


def image_size(path: Path) -> tuple[int, int]:
    """Return width and height. Raises UsageError."""
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, UnidentifiedImageError) as error:
        raise damaged(path, str(error)) from error


def read_picture(path: Path) -> Pixels:
    """Return a picture as it is stored, (H, W, 3): calibrations count in stored pixels.

    Raises PhotoError.
    """
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise unreadable(path, str(error)) from error


def checked_depth(
    depth_m: Depth, path: Path, *, unit_option: bool = False, farthest_m: float = FARTHEST_M
) -> Depth:
    """Return a depth map if its median is that of a place in metres. Raises PhotoError.

    Unknown depth is NaN here. A map without any known depth is refused too.
    """
    known = depth_m[np.isfinite(depth_m)]
    if known.size == 0:
        raise unreadable(path, "no pixel has a depth")
    median = float(np.median(known))
    if not NEAREST_M <= median <= farthest_m:
        hint = " Give the other --unit." if unit_option else ""
        raise unreadable(
            path,
            f"its median depth is {median:.3g} m, and pictures of such places have between "
            f"{NEAREST_M:g} and {farthest_m:g} m: is it in another unit?{hint}",
        )
    return depth_m


def refuse_nan(values: Depth, path: Path, unknown: str) -> None:
    """Raise PhotoError for a map that holds NaN, where its format marks unknown depth otherwise."""
    count = int(np.isnan(values).sum())
    if count:
        raise unreadable(
            path,
            f"{count_text(count, 'value is', 'values are')} NaN; in this data set unknown depth is "
            f"{unknown}",
        )

"""Clips back to frames."""

from __future__ import annotations

import io

import av
import numpy as np
from PIL import Image, ImageSequence


def decoded(data: bytes, suffix: str) -> list[np.ndarray]:
    if suffix == ".mp4":
        with av.open(io.BytesIO(data)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with Image.open(io.BytesIO(data)) as picture:
        return [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]

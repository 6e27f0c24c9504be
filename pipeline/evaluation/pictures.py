"""Pictures of a pair for the report: target, renderings and the difference."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from pipeline.evaluation.results import picture_folder, safe_name
from pipeline.store.store import Store
from schemas.choices import PictureKind
from sharp_core.evaluation.judge import Judgement
from sharp_core.scene.posed_picture import Pixels

_PREVIEW_SIDE = 800  # pixels of the long side
_QUALITY = 82
_CONTRAST = 2  # of the difference: errors of 50 % are white


class PairPictures:
    """Writes the pictures of one pair and one method, and says where they are."""

    def __init__(self, store: Store, dataset: str, pair: str, method: str) -> None:
        self._store = store
        self._folder = picture_folder(dataset, pair)
        self._method = safe_name(method)
        self.paths: dict[str, str] = {}

    def write(self, judgement: Judgement, kind: PictureKind) -> None:
        """Write what `kind` asks for. Raises PhotoError (disk full), RunError."""
        if kind is PictureKind.NONE:
            return
        target = judgement.target
        own = {"plain": judgement.plain.image}
        if judgement.aligned is not None:
            own["aligned"] = judgement.aligned.image
        previews = {**own, "difference": difference(judgement.plain.image, target)}
        self._save("target", "target.webp", _webp(target))
        for name, image in previews.items():
            self._save(name, f"{self._method}-{name}.webp", _webp(image))
        if kind is PictureKind.FULL:
            self._save("target_full", "target.png", _png(target))
            for name, image in own.items():
                self._save(f"{name}_full", f"{self._method}-{name}.png", _png(image))

    def _save(self, kind: str, name: str, data: bytes) -> None:
        path = f"{self._folder}/{name}"
        self._store.write(path, lambda file: file.write(data))
        self.paths[kind] = path


def difference(rendered: Pixels, target: Pixels) -> Pixels:
    """Return the absolute difference of each channel, brightened."""
    error = np.abs(rendered.astype(np.int16) - target)
    bright: Pixels = np.minimum(error * _CONTRAST, 255).astype(np.uint8)
    return bright


def _webp(pixels: Pixels) -> bytes:
    image = Image.fromarray(pixels)
    image.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE), Image.Resampling.LANCZOS)
    return _saved(image, "WEBP", quality=_QUALITY)


def _png(pixels: Pixels) -> bytes:
    return _saved(Image.fromarray(pixels), "PNG", compress_level=3)


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()

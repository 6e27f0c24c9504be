"""JPEG XL, by the optional pillow-jxl-plugin (libjxl): a file's bytes -> its image.

The plug-in decodes the pixels as soon as it opens a file. So the size comes from the file's header,
before anything is decoded.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from schemas.errors import PhotoError
from schemas.reasons import FailureReason

if TYPE_CHECKING:
    from types import ModuleType

_ONE_THREAD = 0  # photos are decoded side by side


class JxlPhoto(NamedTuple):
    """A JPEG XL file whose header is read and whose pixels are not."""

    data: bytes
    size: tuple[int, int]  # of what the plug-in decodes

    def load(self) -> Image.Image:
        """Decode the pixels. Raises PhotoError, `unsupported`, and ValueError."""
        module = plugin()
        module.DECODE_THREADS = _ONE_THREAD  # type: ignore[attr-defined]
        try:
            image: Image.Image = module.JXLImageFile(io.BytesIO(self.data))
            image.load()
        except RuntimeError as error:  # its words are the same for every cause
            raise ValueError("libjxl does not decode it") from error
        return image


def plugin() -> ModuleType:
    """Import the plug-in. Raises PhotoError, `unsupported`, where it is not installed."""
    try:
        from pillow_jxl import JpegXLImagePlugin
    except ImportError:
        message = "JPEG XL is read by pillow-jxl-plugin: install sharp-batch[jxl]"
        raise PhotoError(FailureReason.UNSUPPORTED, message) from None
    module: ModuleType = JpegXLImagePlugin
    return module

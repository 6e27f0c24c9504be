"""The quick way for what cameras write: a sound JPEG of one scan, in colour -> (H, W, 3) pixels.

libjpeg-turbo writes the pixels where they stay. Pillow decodes by the same library to the same
values, into four bytes a pixel that are copied twice. Whatever is unusual is left to Pillow and to
the checks behind it: any warning of the decoder, and an end that looks as if data were missing.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL.JpegImagePlugin import JpegImageFile

from sharp_core.containers.jpeg import read_frame

Pixels = npt.NDArray[np.uint8]

NO_DATA = 128  # of every channel, where libjpeg had no data
BLOCK = 8  # pixels; the side of the smallest part that a JPEG may lack


def decode_sound_jpeg(image: JpegImageFile) -> Pixels | None:
    """Return the stored pixels of an opened image (H, W, 3); None to let Pillow decode it.

    A file of several scans is left to Pillow too, progressive or not: each is a pass over all
    pixels, and Pillow can be interrupted between pieces of the file. So are colours other than RGB
    and YCbCr.
    """
    stream = image.fp
    if image.mode != "RGB" or not isinstance(stream, io.BytesIO):
        return None
    data = stream.getvalue()
    frame = read_frame(data)
    if frame is None or not frame.is_one_scan:
        return None
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, "RGB")
    except ValueError:  # for warnings too
        return None
    is_suspect = pixels.shape[1::-1] != image.size or bool(
        (pixels[-BLOCK:, -BLOCK:] == NO_DATA).all()
    )
    return None if is_suspect else pixels

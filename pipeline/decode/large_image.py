"""Photo file -> a large image for screens."""

from __future__ import annotations

from typing import BinaryIO

from pipeline.decode import decode
from pipeline.decode.thumbnail import thumbnail
from pipeline.metadata.read import read_metadata
from pipeline.scan.read_file import read_unchanged
from schemas.records import PhotoFile

IMAGE_SIDE = 1600
FULL_IMAGE_SIDE = 4096  # pixels of the largest screens; WebP could have four times as many


def write_image(photo: PhotoFile, out: BinaryIO, side: int = IMAGE_SIDE) -> None:
    """Write the upright photo as a WebP of at most `side` pixels a side. Raises PhotoError.

    The file must still be the one that the catalog recorded, with the same size and time.
    """
    data = read_unchanged(photo)
    meta = read_metadata(data, photo.media_type, None)
    pixels = decode.decode(data, photo.media_type, meta.orientation)
    out.write(thumbnail(pixels, side))

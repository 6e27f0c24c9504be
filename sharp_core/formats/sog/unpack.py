"""SOG, a bundle or a folder -> numbers and pixels of its images, without torch."""

from __future__ import annotations

import io
import lzma
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from schemas.errors import FormatError
from sharp_core.formats.limits import check_plausible
from sharp_core.formats.sog.meta import META, SogMeta, parse_meta

# A real meta.json has 6 kB, or 30 kB with harmonics.
_LONGEST_META = 1 << 20
_THREADS = 2
# What zipfile raises for invalid offsets, names and compression methods.
_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, OverflowError),
)
Pixels = npt.NDArray[np.uint8]  # (N, 4)


class SogContent(NamedTuple):
    """A SOG before its pixels become Gaussians."""

    meta: SogMeta
    pixels: list[Pixels]  # of its images, in the order in which `meta` names them


def unpack_bundle(file: BinaryIO) -> SogContent:
    """Unpack a bundle from a seekable file. Raises FormatError if it is damaged."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            folder = _folder_in(archive)
            return _unpack(lambda name: _extract(archive, folder + name, size), size)
    except FormatError:
        raise
    except _ZIP_ERRORS as error:
        raise FormatError(f"the bundle is damaged: {error}") from None


def unpack_folder(meta_path: Path) -> SogContent:
    """Unpack the files that a meta.json names.

    Raises FormatError if one is damaged or missing.
    """
    folder = meta_path.parent

    def content(name: str) -> bytes:
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise FormatError(f"there is no file {name[:60]!r} beside it")
        return path.read_bytes()

    return _unpack(content, sum(path.stat().st_size for path in folder.iterdir() if path.is_file()))


def _folder_in(archive: zipfile.ZipFile) -> str:
    """Return the folder of meta.json with a slash at its end: some tools pack a whole folder."""
    found = [name for name in archive.namelist() if name.rpartition("/")[2] == META]
    return min(found, key=len, default=META).removesuffix(META)


def _extract(archive: zipfile.ZipFile, name: str, bundle_bytes: int) -> bytes:
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise FormatError(f"the bundle has no entry {name[:60]!r}") from None
    # WebP cannot be compressed further: an entry larger than the whole bundle is a ZIP bomb.
    if entry.file_size > max(_LONGEST_META, bundle_bytes):
        raise FormatError(f"its entry {name[:60]!r} would take {entry.file_size} bytes")
    with archive.open(entry) as stream:
        return stream.read(entry.file_size)


def _unpack(content: Callable[[str], bytes], file_bytes: int) -> SogContent:
    meta = parse_meta(content(META)[:_LONGEST_META])
    check_plausible(meta.splats, file_bytes)
    images = [_open_image(name, content(name), meta.splats, file_bytes) for name in meta.images]
    sizes = {image.size for image in images}
    if len(sizes) > 1:
        raise FormatError(f"its images are not of one size: {sorted(sizes)}")
    with ThreadPoolExecutor(_THREADS) as pool:
        pixels = list(pool.map(_pixels, meta.images, images, [meta.splats] * len(images)))
    return SogContent(meta, pixels)


def _open_image(name: str, content: bytes, splats: int, file_bytes: int) -> Image.Image:
    """Open an image and check its size, without decoding it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=("WEBP", "PNG"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise FormatError(f"its image {name!r} is damaged") from None
    width, height = image.size
    if width * height < splats:
        raise FormatError(f"its image {name!r} has {width} x {height} pixels for {splats} splats")
    check_plausible(width * height, file_bytes)
    return image


def _pixels(name: str, image: Image.Image, splats: int) -> Pixels:
    try:
        return np.asarray(image.convert("RGBA")).reshape(-1, 4)[:splats]
    except (OSError, ValueError, SyntaxError, EOFError):
        raise FormatError(f"its image {name!r} is damaged") from None

"""Read SOG version 2, as a bundle or a folder, to Gaussians. Harmonics above degree 0 are dropped.

Sizes in the file are checked before memory is allocated, so a malicious file fails early.
"""

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
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.limits import check_plausible
from sharp_core.formats.scene import StoredScene, validated_scene
from sharp_core.formats.sog.meta import META, SogMeta, parse_meta
from sharp_core.formats.sog.planes import (
    FIRST_LARGEST,
    LAST_POSITION,
    code_to_component,
    expand_lengths,
)
from sharp_core.formats.values import log_to_scales, rebuild_quats, sh0_to_colors
from sharp_core.scene.gaussians import Gaussians

# A real meta.json has 6 kB, or 30 kB with harmonics.
_LONGEST_META = 1 << 20
_THREADS = 2
# What zipfile raises for invalid offsets, names and compression methods.
_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, OverflowError),
)
_BLOCK = 1 << 16

Pixels = npt.NDArray[np.uint8]  # (N, 4)


def read_sog(file: BinaryIO) -> StoredScene:
    """Read a bundle from a seekable file. Raises FormatError if it is damaged."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            return _read(lambda name: _extract(archive, name, size), size)
    except FormatError:
        raise
    except _ZIP_ERRORS as error:
        raise FormatError(f"the bundle is damaged: {error}") from None


def read_sog_folder(meta_path: Path) -> StoredScene:
    """Read the files that a meta.json names. Raises FormatError if one is damaged or missing."""
    folder = meta_path.parent

    def content(name: str) -> bytes:
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise FormatError(f"there is no file {name[:60]!r} beside it")
        return path.read_bytes()

    return _read(content, sum(path.stat().st_size for path in folder.iterdir() if path.is_file()))


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


def _read(content: Callable[[str], bytes], file_bytes: int) -> StoredScene:
    meta = parse_meta(content(META)[:_LONGEST_META])
    check_plausible(meta.splats, file_bytes)
    images = [_open_image(name, content(name), meta.splats, file_bytes) for name in meta.images]
    sizes = {image.size for image in images}
    if len(sizes) > 1:
        raise FormatError(f"its images are not of one size: {sorted(sizes)}")
    with ThreadPoolExecutor(_THREADS) as pool:
        pixels = list(pool.map(_pixels, meta.images, images, [meta.splats] * len(images)))
    return validated_scene(_decode(meta, pixels), meta.info, meta.sh_degree)


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


def _decode(meta: SogMeta, pixels: list[Pixels]) -> Gaussians:
    means_low, means_high, quats, scales, sh0 = pixels
    return Gaussians(
        means=_means(meta, means_low, means_high),
        quats=_quats(quats),
        scales=_look_up(log_to_scales(torch.tensor(meta.scale_codebook)), scales, "scales"),
        opacities=torch.from_numpy(sh0[:, 3] / np.float32(255)),
        colors=_look_up(sh0_to_colors(torch.tensor(meta.color_codebook)), sh0, "sh0"),
    )


def _means(meta: SogMeta, low: Pixels, high: Pixels) -> Tensor:
    mins, maxs = torch.tensor(meta.mins), torch.tensor(meta.maxs)
    step = (maxs - mins) / LAST_POSITION
    means = torch.empty(len(low), 3)
    for start in range(0, len(low), _BLOCK):
        rows = slice(start, start + _BLOCK)
        codes = high[rows, :3].astype(np.float32) * 256 + low[rows, :3]
        means[rows] = expand_lengths(mins + step * torch.from_numpy(codes))
    return means


def _quats(pixels: Pixels) -> Tensor:
    largest = pixels[:, 3]
    if int(largest.min()) < FIRST_LARGEST:
        raise FormatError("its quaternions do not say which component was left out")
    quats = torch.empty(len(pixels), 4)
    for start in range(0, len(pixels), _BLOCK):
        rows = slice(start, start + _BLOCK)
        others = code_to_component(torch.from_numpy(pixels[rows, :3].astype(np.float32)))
        index = torch.from_numpy(largest[rows].astype(np.int64) - FIRST_LARGEST)
        quats[rows] = rebuild_quats(index, others)
    return quats


def _look_up(codebook: Tensor, pixels: Pixels, name: str) -> Tensor:
    """Return the codebook values (N, 3) for the indices in red, green and blue."""
    indices = np.ascontiguousarray(pixels[:, :3])
    if int(indices.max()) >= len(codebook):
        raise FormatError(f"{name!r} has an index beyond the end of its codebook")
    return torch.from_numpy(codebook.numpy()[indices])

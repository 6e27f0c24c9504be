"""Write images as lossless WebP (RFC 9649) in a third to a half of libwebp's time.

For images that are noisy, or change by few different steps, as those of quantised scenes. Of what
came before, only recent colours are repeated. So libwebp makes images smaller whose pixels mostly
equal their neighbours.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sharp_core.containers.webp import LONGEST_SIDE
from sharp_core.formats.sog.webp.loops import (
    CACHE_BITS,
    CHANNELS,
    FIRST_CACHED,
    TILE,
    WITH_CACHE,
    Bytes,
    write_bits,
)
from sharp_core.formats.sog.webp.prefix_codes import Entries, codes_of, describe, entry, lengths_of
from sharp_core.formats.sog.webp.tiles import Plan, Tiles, count, plan_tiles

_SIGNATURE = 0x2F
_SIDE_BITS = 14
_PREDICTION, _SUBTRACT_GREEN = 0, 2  # kinds of transforms
_TILE_SIZE = entry(TILE.bit_length() - 3, 3)
_UNUSED = describe(np.zeros(1, np.uint8))  # the code of an alphabet that is not used


def encode_webp(image: Bytes, *, like_green: bool = False) -> bytes:
    """Return a file of `image` (height, width, 3 or 4). It decodes to the same bytes.

    Set `like_green` if red and blue change as green does: that makes the file smaller. Raises
    ValueError if a side is too long for the format.
    """
    height, width, channels = image.shape
    if not 0 < width <= LONGEST_SIDE or not 0 < height <= LONGEST_SIDE:
        raise ValueError(f"WebP holds sides of 1 to {LONGEST_SIDE} pixels, not {width} x {height}")
    pixels = np.full((height, width, 4), 255, np.uint8)
    for channel, place in enumerate((2, 1, 0, 3)[:channels]):
        pixels[..., place] = image[..., channel]
        if like_green and place in {0, 2}:
            pixels[..., place] -= image[..., 1]
    plan = plan_tiles(pixels)
    header = [entry(_SIGNATURE, 8), entry(width - 1, _SIDE_BITS), entry(height - 1, _SIDE_BITS)]
    header += (entry(channels == 4, 1), entry(0, 3))
    if like_green:
        header += (entry(1, 1), entry(_SUBTRACT_GREEN, 2))
    if plan.modes.any():
        header += (entry(1, 1), entry(_PREDICTION, 2), _TILE_SIZE, *_small_image(plan.modes))
    return _riff([*header, entry(0, 1)], plan)


def _riff(header: Entries, plan: Plan) -> bytes:
    counts = count(plan.coded, plan.groups)[: int(plan.groups.max()) + 1]
    has_cache = len(counts) > WITH_CACHE
    header += (entry(1, 1), entry(CACHE_BITS, 4)) if has_cache else (entry(0, 1),)
    header += (entry(1, 1), _TILE_SIZE, *_small_image(plan.groups))
    codes = np.zeros(counts.shape, np.uint32)
    for group, group_codes in zip(counts, codes, strict=True):
        for first, last in pairwise(CHANNELS):
            end = last if first or has_cache else FIRST_CACHED
            lengths = lengths_of(group[first:end])
            header += describe(lengths)
            group_codes[first:end] = codes_of(lengths)
        header += _UNUSED  # distances
    out = np.zeros(len(header) + 2 * plan.coded.pixels.size + 1, np.uint32)  # 60 bits a pixel
    size = write_bits(np.array(header, np.uint32), *plan.coded, plan.groups, codes, out)
    content = out.view(np.uint8)[: size + size % 2].tobytes()
    chunk = b"WEBPVP8L" + size.to_bytes(4, "little") + content
    return b"RIFF" + len(chunk).to_bytes(4, "little") + chunk


def _small_image(tiles: Tiles) -> Entries:
    """Return the entries of an image whose green is the number of each tile."""
    lengths = lengths_of(np.bincount(tiles.ravel(), minlength=FIRST_CACHED).astype(np.int32))
    codes = codes_of(lengths)
    return [entry(0, 1), *describe(lengths), *(4 * _UNUSED), *codes[tiles.ravel()].tolist()]

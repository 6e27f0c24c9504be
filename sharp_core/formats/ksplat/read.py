"""Read KSPLAT version 0.1 to Gaussians. Harmonics above degree 0 are dropped. No writer."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.ksplat.layout import (
    HEADER_BYTES,
    SECTION_HEADER_BYTES,
    Section,
    parse_header,
    parse_section,
    row_dtype,
)
from sharp_core.formats.limits import check_plausible
from sharp_core.formats.scene import StoredScene, valid_scene
from sharp_core.formats.values import SMALLEST_SCALE, unit_quats
from sharp_core.scene.colors import srgb_to_linear
from sharp_core.scene.gaussians import Gaussians, joined

_LENGTH = np.dtype("<u4")  # of a bucket that is not full

Rows = npt.NDArray[np.void]


def read_ksplat(file: BinaryIO) -> StoredScene:
    """Read a scene. Raises FormatError if it is damaged."""
    content = file.read()
    header = parse_header(content)
    sections = [
        parse_section(content, index, header.level)
        for index in range(header.sections)  # a number that its header checked
    ]
    check_plausible(sum(section.gaussians for section in sections), len(content))
    start = HEADER_BYTES + len(sections) * SECTION_HEADER_BYTES
    parts = []
    for section in sections:
        if section.gaussians:
            gaussians, start = _read_section(content, start, section, header.level)
            parts.append(gaussians)
    left = len(content) - start
    notes = (f"{left:,} bytes after its last section are left out",) if left else ()
    return valid_scene(joined(parts), None, max(section.degree for section in sections), notes)


def _read_section(
    content: bytes, start: int, section: Section, level: int
) -> tuple[Gaussians, int]:
    """Return the Gaussians of a section that begins at `start`, and where it ends."""
    dtype = row_dtype(level, section.degree)
    rows_start = start + section.other_buckets * _LENGTH.itemsize + section.centers_bytes
    end = rows_start + section.gaussians * dtype.itemsize
    if end > len(content):
        raise FormatError(
            f"it is cut short: {section.gaussians} Gaussians need {end - len(content)} more bytes"
        )
    rows = np.frombuffer(content, dtype, section.gaussians, rows_start)
    if level == 0:
        means = torch.from_numpy(rows["center"].copy())
    else:
        lengths = np.frombuffer(content, _LENGTH, section.other_buckets, start)
        centers = np.frombuffer(content[start + lengths.nbytes : rows_start], "<f4")
        means = _bucket_means(rows, lengths, centers.reshape(-1, 3), section)
    return _decode(rows, means), end


def _bucket_means(
    rows: Rows, lengths: npt.NDArray[np.uint32], centers: npt.NDArray[np.float32], section: Section
) -> Tensor:
    """Return means (N, 3) of Gaussians whose centres are relative to those of their buckets."""
    full = section.full_buckets * section.bucket_size
    counted = full + int(lengths.sum(dtype=np.uint64))
    if counted != len(rows):
        raise FormatError(f"its buckets hold {counted} Gaussians, and its header says {len(rows)}")
    sizes = np.concatenate((np.full(section.full_buckets, section.bucket_size), lengths))
    bucket_of = np.repeat(np.arange(len(centers)), sizes)
    offsets = (rows["center"].astype(np.float32) - section.zero) * np.float32(section.step)
    with np.errstate(over="ignore", invalid="ignore"):  # `valid_scene` reports NaN later
        return torch.from_numpy(offsets + centers[bucket_of])


def _decode(rows: Rows, means: Tensor) -> Gaussians:
    with np.errstate(over="ignore", invalid="ignore"):  # `valid_scene` reports NaN later
        scales = torch.from_numpy(rows["scale"].astype(np.float32))
        quats = torch.from_numpy(rows["rotation"].astype(np.float32))
    srgb_of_byte = srgb_to_linear(torch.arange(256) / 255)
    return Gaussians(
        means=means,
        quats=unit_quats(quats),
        # A float16 has no numbers below 6e-8: flat Gaussians have a scale of zero.
        scales=torch.where(scales == 0, SMALLEST_SCALE, scales),
        opacities=torch.from_numpy(rows["color"][:, 3] / np.float32(255)),
        colors=torch.from_numpy(srgb_of_byte.numpy()[rows["color"][:, :3]]),
    )

"""Whether a PLY is whole, by its header and its length."""

from __future__ import annotations

from typing import BinaryIO

from schemas.errors import FormatError
from sharp_core.formats.ply.header import read_header
from sharp_core.formats.ply.rows import check_remaining_size, skip_rows


def check_ply(file: BinaryIO) -> None:
    """Raise FormatError where the file is no PLY of Gaussians, or is cut short."""
    header = read_header(file)
    vertex = header.element("vertex")
    if vertex is None or vertex.rows == 0:
        raise FormatError("it holds no Gaussians")
    if header.encoding == "ascii":  # nothing but reading it all tells more
        return
    for element in header.elements:
        check_remaining_size(file, header.encoding, element)
        skip_rows(file, header.encoding, element)

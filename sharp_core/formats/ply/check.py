"""Whether a PLY is whole, by its header and its length."""

from __future__ import annotations

import os
from typing import BinaryIO

from schemas.errors import FormatError
from sharp_core.formats.ply.header import check_remaining_size, read_header, row_dtype


def check_ply(file: BinaryIO) -> None:
    """Raise FormatError where the file is no PLY of Gaussians, or is cut short."""
    header = read_header(file)
    vertex = header.element("vertex")
    if vertex is None or vertex.rows == 0:
        raise FormatError("it holds no Gaussians")
    if header.encoding == "ascii":  # nothing but reading it all tells more
        return
    for element in header.elements:
        if element.has_lists:  # rows of unequal length; nothing of ours follows them
            return
        check_remaining_size(file, header.encoding, element)
        size = element.rows * row_dtype(header.encoding, element).itemsize
        file.seek(size, os.SEEK_CUR)

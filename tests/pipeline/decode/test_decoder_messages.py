"""Decoders print nothing about damaged files; libtiff would do it past Python's own stderr."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from schemas.records import MediaType
from tests.support.paths import ROOT
from tests.support.sample_files import color_picture, stored, tiff_file_of
from tests.support.tools import run_program

SAMPLES = stored(color_picture(3), 8)


def damaged_strips() -> bytes:
    data = tiff_file_of(SAMPLES, 8, 2, deflate=True)
    return data[:8] + bytes(np.roll(np.frombuffer(data[8:400], np.uint8), 5)) + data[400:]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (damaged_strips(), "damaged"),
        (tiff_file_of(SAMPLES, 8, 2, tags={277: ("H", (10_825,))}), "10825 samples"),
    ],
)
def test_nothing_on_stderr(data, words, tmp_path):
    """In a process of its own: tests handle what is logged."""
    path = tmp_path / "damaged.tif"
    path.write_bytes(data)
    code = (
        "import sys; from pathlib import Path; from pipeline.decode.decode import decode\n"
        "from schemas.errors import PhotoError\n"
        f"try: decode(Path(sys.argv[1]).read_bytes(), {MediaType.TIFF.value!r})\n"
        "except PhotoError as error: print(error.message)"
    )
    process = run_program(sys.executable, "-c", code, path, cwd=ROOT)
    assert process.stderr == ""
    assert words in process.stdout

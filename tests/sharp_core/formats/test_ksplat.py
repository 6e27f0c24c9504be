from __future__ import annotations

import struct

import numpy as np
import pytest
import torch

from schemas.errors import FormatError
from sharp_core.formats.ksplat.layout import HEADER_BYTES, SECTION_HEADER_BYTES
from tests.support.clouds import FORMATS_DATA, read, srgb

HEADERS = HEADER_BYTES + SECTION_HEADER_BYTES


def header(version: tuple[int, int] = (0, 1), sections: int = 1, level: int = 0) -> bytes:
    packed = struct.pack("<BBxxIIIIH", *version, sections, 0, 0, 0, level)
    return packed.ljust(HEADER_BYTES, b"\0")


def section(count: int, full: int = 0, other: int = 0, size: int = 0, degree: int = 0) -> bytes:
    buckets = full + other
    fields = (count, count, size, buckets, 5.0, 12, 32767, 0, full, other, degree)
    return struct.pack("<IIIIfHxxIIIIH", *fields).ljust(SECTION_HEADER_BYTES, b"\0")


def row(*center: float) -> bytes:
    return struct.pack("<3f3f4f4B", *center, 0.1, 0.2, 0.0, 0.0, 2.0, 0, 0, 255, 0, 128, 51)


def packed(*center: int) -> bytes:
    numbers = np.array([0.5, 0.25, 0.125, 1, 0, 0, 0], "<f2").tobytes()
    return struct.pack("<3H", *center) + numbers + bytes([255, 0, 128, 51])


def test_a_row_of_level_0_follows_the_specification() -> None:
    scene = read(header() + section(1) + row(1, 2, 3), "ksplat").gaussians
    assert scene.means.tolist() == [[1, 2, 3]]
    torch.testing.assert_close(scene.scales, torch.tensor([[0.1, 0.2, 1e-9]]))  # a flat one
    assert scene.quats.tolist() == [[0, 1, 0, 0]]
    assert scene.opacities.item() == pytest.approx(0.2)
    torch.testing.assert_close(srgb(scene), torch.tensor([[1, 0, 128 / 255]]))


def test_buckets_of_level_0_are_skipped() -> None:
    content = header() + section(1, full=1) + bytes(12) + row(1, 2, 3)
    assert read(content, "ksplat").gaussians.means.tolist() == [[1, 2, 3]]


def test_centers_are_relative_to_those_of_their_buckets() -> None:
    lengths, centers = struct.pack("<I", 1), struct.pack("<6f", 10, 20, 30, -10, -20, -30)
    rows = packed(32767, 32767, 32767) + packed(0, 32767, 65534) + packed(65534, 0, 32767)
    content = header(level=1) + section(3, full=1, other=1, size=2) + lengths + centers + rows
    scene = read(content, "ksplat").gaussians
    means = torch.tensor([[10, 20, 30], [7.5, 20, 32.5], [-7.5, -22.5, -30]])
    torch.testing.assert_close(scene.means, means)
    torch.testing.assert_close(scene.scales[0], torch.tensor([0.5, 0.25, 0.125]))


def test_the_highest_degree_of_the_sections_counts() -> None:
    with_harmonics = row(1, 2, 3) + bytes(4 * 24)
    content = header(sections=2) + section(1) + section(1, degree=2) + row(4, 5, 6) + with_harmonics
    stored = read(content, "ksplat")
    assert stored.sh_degree == 2
    assert stored.gaussians.means.tolist() == [[4, 5, 6], [1, 2, 3]]


def test_what_follows_the_last_section_is_told() -> None:
    stored = read(header() + section(1) + row(1, 2, 3) + b"more", "ksplat")
    assert stored.notes == ("4 bytes after its last section are left out",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends within its header"),
        (header((0, 2)), r"version 0\.2; 0\.1 can be read"),
        (header(level=3), "compression level is 3"),
        (header(sections=0), "0 sections"),
        (header(sections=9999), "9999 sections"),
        (header(sections=2) + section(1), "header of section 1"),
        (header() + section(0), "holds 0 Gaussians"),
        (header() + section(2) + row(1, 2, 3), "44 more bytes"),
        (header() + section(4_000_000_000), "bytes hold 4000000000 Gaussians"),
        (header() + section(1, degree=4), "degree 4"),
        (
            header(level=1) + section(1, full=1, size=9) + bytes(12) + packed(0, 0, 0),
            "its buckets hold 9",
        ),
    ],
)
def test_damaged_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read(content, "ksplat")


def test_more_gaussians_than_its_parts_hold_are_refused() -> None:
    whole = (FORMATS_DATA / "packed1.ksplat").read_bytes()
    with pytest.raises(FormatError, match="cut short"):
        read(whole[:-1], "ksplat")


def test_buckets_that_do_not_add_up_are_refused() -> None:
    content = bytearray(header(level=1) + section(3, full=2, size=2))
    content[HEADER_BYTES + 12] = 7  # the number of buckets
    with pytest.raises(FormatError, match="do not add up"):
        read(bytes(content), "ksplat")

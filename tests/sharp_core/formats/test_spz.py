"""SPZ against a decoder and an encoder of its description, in numpy alone."""

from __future__ import annotations

import gzip
import itertools
import struct
from typing import Any

import numpy as np
import pytest
import torch

from schemas.errors import FormatError
from sharp_core.formats.spz.options import SpzOptions
from sharp_core.formats.spz.zstd import load_zstd
from sharp_core.scene.gaussians import Gaussians
from tests.support.clouds import cloud, covariances, read, srgb, turn_between, written

SH_C0 = 0.28209479177387814
zstd: Any = load_zstd()


def unpacked(content: bytes) -> tuple[tuple[int, ...], list[bytes]]:
    """Return version, points and fractional bits, and the five blocks."""
    if content[:2] == b"\x1f\x8b":
        raw = gzip.decompress(content)
        magic, version, points, degree, bits, flags, _ = struct.unpack_from("<IIIBBBB", raw)
        ends = np.cumsum([16, *(points * width for width in (9, 1, 3, 3, 4))])
        assert ends[-1] == len(raw)
        blocks = [raw[start:end] for start, end in itertools.pairwise(ends)]
    else:
        head = struct.unpack_from("<IIIBBBBI12s", content)
        magic, version, points, degree, bits, flags, frames, start, zeros = head
        assert (frames, start, zeros) == (5, 32, bytes(12))
        table = [struct.unpack_from("<QQ", content, start + 16 * i) for i in range(frames)]
        start += 16 * frames
        blocks = []
        for compressed, size in table:
            blocks.append(zstd.decompress(content[start : start + compressed]))
            assert len(blocks[-1]) == size
            start += compressed
        assert start == len(content)
    assert (magic, degree, flags) == (0x5053474E, 0, 0)
    return (version, points, bits), blocks


def decoded(content: bytes) -> Gaussians:
    """Return the scene of a file of version 3 or 4."""
    (_, points, bits), (positions, alphas, colors, scales, rotations) = unpacked(content)
    lanes = np.frombuffer(positions, np.uint8).reshape(points, 3, 3).astype(np.int64)
    codes = lanes @ (1, 256, 65536)
    codes[codes >= 1 << 23] -= 1 << 24
    words = np.frombuffer(rotations, "<u4").astype(np.int64)
    quats = np.zeros((points, 4))
    for row, word in enumerate(words):
        largest = word >> 30
        for component in reversed([i for i in range(4) if i != largest]):
            magnitude = (word & 511) / 511 * np.sqrt(0.5)
            quats[row, component] = -magnitude if word & 512 else magnitude
            word >>= 10  # noqa: PLW2901
        quats[row, largest] = np.sqrt(max(0.0, 1 - np.square(quats[row]).sum()))
    f_dc = (np.frombuffer(colors, np.uint8).reshape(-1, 3) / 255 - 0.5) / 0.15
    shown = np.maximum(0.5 + SH_C0 * f_dc, 0)
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return Gaussians(
        torch.tensor(codes / 2.0**bits).float(),
        torch.tensor(quats[:, [3, 0, 1, 2]]).float(),
        torch.tensor(np.exp(np.frombuffer(scales, np.uint8).reshape(-1, 3) / 16.0 - 10)).float(),
        torch.tensor(np.frombuffer(alphas, np.uint8) / 255.0).float(),
        torch.tensor(linear).float(),
    )


def packed(
    scene: Gaussians, version: int, harmonics: int = 0, extensions: bytes = b"", flags: int = 0
) -> bytes:
    """Return a file of version 1 to 4 with harmonics of degree 0 or 1, all of them zero."""
    metres = scene.means.double().numpy()
    if version == 1:
        positions = metres.astype("<f2").tobytes()
    else:
        codes = np.rint(metres * 4096).astype("<i4")
        positions = codes.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    w, x, y, z = scene.quats.double().numpy().T
    if version <= 2:
        vector = np.stack([x, y, z], axis=1) * np.where(w < 0, -1, 1)[:, None]
        rotations = np.rint(127.5 * vector + 127.5).astype(np.uint8).tobytes()
    else:
        rotations = b""
        for quat in np.stack([x, y, z, w], axis=1):
            largest = int(np.abs(quat).argmax())
            word = largest
            for component in (i for i in range(4) if i != largest):
                is_negative = (quat[component] < 0) != (quat[largest] < 0)
                magnitude = int(511 * abs(quat[component]) * np.sqrt(2) + 0.5)
                word = word << 10 | is_negative << 9 | magnitude
            rotations += struct.pack("<I", word)
    byte = lambda values: np.clip(np.rint(values), 0, 255).astype(np.uint8).tobytes()  # noqa: E731
    f_dc = (srgb(scene).double().numpy() - 0.5) / SH_C0
    blocks = [
        positions,
        byte(255 * scene.opacities.numpy()),
        byte(255 * (0.15 * f_dc + 0.5)),
        byte(16 * (np.log(scene.scales.double().numpy()) + 10)),
        rotations,
    ]
    if harmonics:
        blocks.append(bytes([128]) * (9 * len(scene)))
    bits = 0 if version == 1 else 12
    head = struct.pack("<IIIBBB", 0x5053474E, version, len(scene), harmonics, bits, flags)
    if version < 4:
        return gzip.compress(head + b"\0" + b"".join(blocks) + extensions)
    frames = [zstd.compress(block) for block in blocks]
    table = b"".join(
        struct.pack("<QQ", len(frame), len(block))
        for frame, block in zip(frames, blocks, strict=True)
    )
    head += struct.pack("<BI12x", len(blocks), 32 + len(extensions))
    return head + extensions + table + b"".join(frames)


@pytest.mark.parametrize("version", [3, 4])
def test_written_files_follow_the_specification(version: int) -> None:
    scene = cloud(200)
    content = written(scene, "spz", None, SpzOptions(version))  # type: ignore[arg-type]
    assert unpacked(content)[0] == (version, 200, 13)
    found = decoded(content)
    # Half a step of each attribute, by its description.
    assert (found.means - scene.means).abs().max() <= 0.5 / 2**13 + 1e-6
    assert (found.opacities - scene.opacities).abs().max() <= 0.5 / 255 + 1e-6
    color_step = SH_C0 / (0.15 * 255)
    assert (srgb(found) - srgb(scene)).abs().max() <= 0.5 * color_step + 1e-5
    by_size = [torch.linalg.eigvalsh(covariances(g)).sqrt().log() for g in (found, scene)]
    assert (by_size[0] - by_size[1]).abs().max() <= 0.5 / 16 + 1e-3
    back = read(content, "spz").gaussians
    for field in ("means", "scales", "opacities", "colors"):
        torch.testing.assert_close(
            getattr(back, field), getattr(found, field), rtol=1e-5, atol=1e-7
        )
    assert turn_between(back.quats, found.quats).max() < 1e-3


def test_rotations_survive_within_half_a_step() -> None:
    scene = cloud(2000)
    back = read(written(scene, "spz"), "spz").gaussians
    # Three components each off by half a step, and the fourth by what makes up for them.
    half = 0.5 * (0.5**0.5) / 511
    size = scene.scales.double().amax(dim=1)[:, None, None] ** 2
    error = (covariances(back) - covariances(scene)).abs() / size
    assert error.max() < 2 * (0.5 / 16) + 2 * 4 * half + 0.01


@pytest.mark.parametrize("version", [1, 2, 3, 4])
@pytest.mark.parametrize("harmonics", [0, 1])
def test_every_version_is_read(version: int, harmonics: int) -> None:
    scene = cloud(100)
    stored = read(packed(scene, version, harmonics), "spz")
    found = stored.gaussians
    assert stored.sh_degree == harmonics
    # 11 bits of up to 7 m; 12 bits below a metre.
    assert (found.means - scene.means).abs().max() <= (4e-3 if version == 1 else 0.5 / 4096 + 1e-6)
    assert turn_between(found.quats, scene.quats).max() < (0.2 if version <= 2 else 0.01)
    assert (found.scales.log() - scene.scales.log()).abs().max() <= 0.5 / 16 + 1e-4
    assert (found.opacities - scene.opacities).abs().max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("version", [3, 4])
def test_other_axis_systems_are_converted_to_ours(version: int) -> None:
    scene = cloud(50)
    right_up_back = Gaussians(
        scene.means * torch.tensor([1.0, -1, -1]),
        scene.quats * torch.tensor([1.0, 1, -1, -1]),
        scene.scales,
        scene.opacities,
        scene.colors,
    )
    other = struct.pack("<IIfff", 0xADBE0002, 12, 0, 1, 2)
    axes = struct.pack("<III", 0xADBE0003, 4, 4)
    content = packed(right_up_back, version, extensions=other + axes, flags=2)
    found = read(content, "spz").gaussians
    assert (found.means - scene.means).abs().max() <= 0.5 / 4096 + 1e-6
    assert (covariances(found) - covariances(scene)).abs().max() < 0.1 * scene.scales.max() ** 2


def test_far_scenes_have_coarser_steps_and_too_far_ones_are_refused() -> None:
    far = cloud(20)
    far = Gaussians(far.means * 1000, far.quats, far.scales, far.opacities, far.colors)
    (_, _, bits), _ = unpacked(written(far, "spz"))
    assert far.means.abs().max() * 2**bits < 1 << 23 <= far.means.abs().max() * 2 ** (bits + 1)
    beyond = Gaussians(far.means * 1e4, far.quats, far.scales, far.opacities, far.colors)
    with pytest.raises(FormatError, match="SPZ reaches"):
        written(beyond, "spz")


def test_invalid_versions_flags_and_sizes_are_refused() -> None:
    scene = cloud(30)
    legacy = bytearray(gzip.decompress(packed(scene, 3)))
    modern = bytearray(packed(scene, 4))

    def refused(offset: int, value: int, message: str, raw: bytearray = legacy) -> None:
        changed = bytearray(raw)
        changed[offset] = value
        content = gzip.compress(changed) if raw is legacy else bytes(changed)
        with pytest.raises(FormatError, match=message):
            read(content, "spz")

    refused(0, 0, "not of an SPZ")
    refused(4, 9, "not of an SPZ")
    refused(4, 5, "version 5", modern)
    refused(8, 31, "cut short")
    refused(8, 29, "goes on after")
    refused(8, 0, "0 Gaussians")
    refused(11, 255, "bytes hold 4278190110 Gaussians")
    refused(12, 7, "degree 7")
    refused(13, 31, "31 fractional bits")
    refused(14, 0x80, "levels of detail")
    refused(8, 29, "table does not fit", modern)
    refused(15, 6, "version 4", modern)
    refused(16, 33, "table does not fit|version 4", modern)
    refused(32 + 5 * 16, 0, "frames is damaged", modern)
    with pytest.raises(FormatError, match="follow its last frame"):
        read(bytes(modern) + b"\0", "spz")


def test_decompression_bombs_are_refused_early() -> None:
    head = struct.pack("<IIIBBBB", 0x5053474E, 3, 40_000_000, 0, 12, 0, 0)
    with pytest.raises(FormatError, match="bytes hold 40000000 Gaussians"):
        read(gzip.compress(head + bytes(1_000_000)), "spz")
    few = packed(cloud(3), 4)
    frame = zstd.compress(bytes(300_000_000))
    # The table tells the truth about all but the first frame.
    first = struct.unpack_from("<QQ", few, 32)
    lying = few[:32] + struct.pack("<QQ", len(frame), first[1]) + few[48:112]
    with pytest.raises(FormatError, match="does not hold 27 bytes"):
        read(lying + frame + few[112 + first[0] :], "spz")

"""SPZ against a decoder and an encoder of its description, in numpy alone."""

from __future__ import annotations

import gzip
import itertools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from schemas.errors import FormatError, UsageError
from sharp_core.formats.spz.options import SpzOptions
from sharp_core.formats.spz.zstd import load_zstd
from sharp_core.scene.gaussians import Gaussians
from tests.support.clouds import cloud, covariances, read, srgb, turn_between, written

SH_C0 = 0.28209479177387814
# Type, length and number of the axes right, down, forward.
RDF_RECORD = struct.pack("<III", 0xADBE0003, 4, 6)
zstd: Any = load_zstd()


def unpacked(content: bytes) -> tuple[tuple[int, ...], list[bytes]]:
    """Return version, points and fractional bits, and the five blocks."""
    if content[:2] == b"\x1f\x8b":
        raw = gzip.decompress(content)
        magic, version, points, degree, bits, flags, _ = struct.unpack_from("<IIIBBBB", raw)
        ends = np.cumsum([16, *(points * width for width in (9, 1, 3, 3, 4))])
        assert raw[ends[-1] :] == RDF_RECORD
        blocks = [raw[start:end] for start, end in itertools.pairwise(ends)]
    else:
        head = struct.unpack_from("<IIIBBBBI12s", content)
        magic, version, points, degree, bits, flags, frames, start, zeros = head
        assert (frames, start, zeros) == (5, 44, bytes(12))
        assert content[32:44] == RDF_RECORD
        table = [struct.unpack_from("<QQ", content, start + 16 * i) for i in range(frames)]
        start += 16 * frames
        blocks = []
        for compressed, size in table:
            blocks.append(zstd.decompress(content[start : start + compressed]))
            assert len(blocks[-1]) == size
            start += compressed
        assert start == len(content)
    assert (magic, degree, flags) == (0x5053474E, 0, 2)
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


def right_up_back(scene: Gaussians) -> Gaussians:
    """Return the numbers of a scene in OpenGL's axes."""
    return Gaussians(
        scene.means * torch.tensor([1.0, -1, -1]),
        scene.quats * torch.tensor([1.0, 1, -1, -1]),
        scene.scales,
        scene.opacities,
        scene.colors,
    )


def right_forward_up(scene: Gaussians) -> Gaussians:
    """Return the numbers of a scene in Blender's axes: a quarter turn about x."""
    x, y, z = scene.means.unbind(dim=1)
    means = torch.stack((x, z, -y), dim=1)
    half = 0.5**0.5
    w, i, j, k = scene.quats.unbind(dim=1)
    # (half, -half, 0, 0) from the left: (x, y, z) -> (x, z, -y) is a turn by -90 degrees.
    turned = torch.stack((w + i, i - w, j + k, k - j), dim=1) * half
    return Gaussians(means, turned, scene.scales, scene.opacities, scene.colors)


def record_of_axes(number: int) -> bytes:
    return struct.pack("<III", 0xADBE0003, 4, number)


def same_place(found: Gaussians, scene: Gaussians) -> None:
    assert (found.means - scene.means).abs().max() <= 0.5 / 4096 + 1e-6
    assert (covariances(found) - covariances(scene)).abs().max() < 0.1 * scene.scales.max() ** 2


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(
    ("number", "numbers_of"), [(4, right_up_back), (16, right_forward_up)], ids=["RUB", "RFU"]
)
def test_stated_axes_are_converted_to_ours(
    version: int, number: int, numbers_of: Callable[[Gaussians], Gaussians]
) -> None:
    scene = cloud(50)
    other = struct.pack("<IIfff", 0xADBE0002, 12, 0, 1, 2)
    extensions = other + record_of_axes(number)
    stored = read(packed(numbers_of(scene), version, extensions=extensions, flags=2), "spz")
    same_place(stored.gaussians, scene)
    assert stored.notes == ()


def test_a_scene_behind_the_camera_without_stated_axes_is_turned_with_a_note() -> None:
    scene = cloud(50)
    for flags, extensions in ((0, b""), (2, record_of_axes(0))):
        content = packed(right_up_back(scene), 3, extensions=extensions, flags=flags)
        stored = read(content, "spz")
        same_place(stored.gaussians, scene)
        assert "RUB" in stored.notes[0]


def test_a_scene_before_the_camera_without_stated_axes_stays_with_a_note() -> None:
    scene = cloud(50)
    stored = read(packed(scene, 3), "spz")
    same_place(stored.gaussians, scene)
    assert "RDF" in stored.notes[0]


def test_axes_can_be_given_where_the_file_does_not_state_them() -> None:
    scene = cloud(50)
    content = packed(right_forward_up(scene), 3)
    stored = read(content, "spz", axes="rfu")
    same_place(stored.gaussians, scene)
    assert stored.notes == ()
    with pytest.raises(UsageError, match="not axes"):
        read(content, "spz", axes="RRU")
    stated = packed(right_up_back(scene), 3, extensions=record_of_axes(4), flags=2)
    with pytest.raises(UsageError, match="states its own axes: RUB"):
        read(stated, "spz", axes="RFU")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_files_without_the_compression_are_read(version: int) -> None:
    scene = cloud(50)
    plain = gzip.decompress(packed(scene, version))
    assert len(read(plain, "spz").gaussians) == 50
    with pytest.raises(FormatError, match="cut short"):
        read(plain[:-1], "spz")
    with pytest.raises(FormatError, match="goes on"):
        read(plain + b"x", "spz")


def test_files_for_antialiased_rendering_are_noted() -> None:
    assert "anti-aliased" in read(packed(cloud(50), 3, flags=1), "spz").notes[0]


def test_scales_beyond_the_range_are_clamped_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = cloud(50)
    scene.scales[3] = 500.0
    back = read(written(scene, "spz"), "spz").gaussians
    assert 370 < back.scales[3].max() < 390
    assert "1 Gaussians are larger" in caplog.text


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

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from schemas.errors import FormatError
from sharp_core.formats.registry import read_scene, write_scene
from sharp_core.formats.sog.settings import PRESETS, Preset, SogOptions
from sharp_core.scene.gaussians import Gaussians
from tests.support.clouds import GRID_INFO, INFO, cloud, covariances, read, srgb, written
from tests.support.scenes import PHOTO, photo_scene


def unpacked(content: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return meta.json and the five images (pixels, 4)."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
        assert archive.comment == b""
        meta = json.loads(archive.read("meta.json"))
        names = [name for key in ("means", "quats", "scales", "sh0") for name in meta[key]["files"]]
        images = [Image.open(io.BytesIO(archive.read(name))).convert("RGBA") for name in names]
    assert len({image.size for image in images}) == 1
    return meta, [np.asarray(image).reshape(-1, 4) for image in images]


def decoded(content: bytes) -> Gaussians:
    """Return the scene by the format's description, in numpy alone."""
    meta, images = unpacked(content)
    low, high, quats, scales, sh0 = (image[: meta["count"]].astype(np.float64) for image in images)
    mins, maxs = np.array(meta["means"]["mins"]), np.array(meta["means"]["maxs"])
    n = mins + (maxs - mins) * (low + 256 * high)[:, :3] / 65535
    c = (quats[:, :3] / 255 - 0.5) * np.sqrt(2)
    assert (quats[:, 3] == 252).all()
    w = np.sqrt(np.maximum(0, 1 - np.square(c).sum(axis=1)))
    f_dc = np.array(meta["sh0"]["codebook"])[sh0[:, :3].astype(int)]
    shown = np.maximum(0.5 + 0.28209479177387814 * f_dc, 0)
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return Gaussians(
        torch.tensor(np.sign(n) * np.expm1(np.abs(n))).float(),
        torch.tensor(np.column_stack((w, c))).float(),
        torch.tensor(
            np.exp(np.array(meta["scales"]["codebook"])[scales[:, :3].astype(int)])
        ).float(),
        torch.tensor(sh0[:, 3] / 255).float(),
        torch.tensor(linear).float(),
    )


@pytest.mark.parametrize("preset", PRESETS)
def test_written_files_follow_the_specification(preset: Preset) -> None:
    content = written(photo_scene(cells=24), "sog", GRID_INFO, SogOptions(preset))
    expected, found = decoded(content), read(content, "sog").gaussians
    for field in ("means", "scales", "opacities", "colors"):
        torch.testing.assert_close(
            getattr(found, field), getattr(expected, field), rtol=1e-4, atol=1e-6
        )
    torch.testing.assert_close(found.quats, expected.quats, rtol=0, atol=1e-4)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_grid_keeps_its_order_and_its_view_within_half_a_step(preset: Preset) -> None:
    scene = photo_scene(cells=24)
    content = written(scene, "sog", GRID_INFO, SogOptions(preset))
    _, images = unpacked(content)
    assert len(images[0]) == len(scene)
    back = read(content, "sog").gaussians
    half = len(scene) // 2
    for part, steps in (
        (slice(half), PRESETS[preset].visible),
        (slice(half, None), PRESETS[preset].hidden),
    ):
        source, found = scene.means[part].double(), back.means[part].double()
        # Position steps are the nearest powers of two in codes: up to sqrt(2) times as long.
        slack = 2**0.5 / 2
        z = source[:, 2]
        along = (found[:, 2] / z - 1).abs().max()
        assert along <= slack * steps.along + 1e-4
        across = (found[:, :2] / found[:, 2:] - source[:, :2] / source[:, 2:]).abs()
        cell = PHOTO.width / PHOTO.fx / 768
        assert across.max() <= slack * steps.across * cell + 1e-4
        opacity = (back.opacities[part] - scene.opacities[part]).abs().max()
        assert opacity * 255 <= steps.opacity / 2 + 0.01
        seen = back.opacities[part] > 0
        color = (srgb(back)[part][seen] - srgb(scene)[part][seen]).abs().max()
        assert color * 255 <= steps.color / 2 + 0.01


def test_a_scene_of_another_tool_is_stored_within_half_a_step() -> None:
    scene = cloud(400)
    back = read(written(scene, "sog", None, SogOptions("max")), "sog").gaussians
    nearest = torch.cdist(scene.means.double(), back.means.double()).argmin(dim=1)
    means, shape = back.means[nearest], covariances(back)[nearest]
    extent = torch.log1p(scene.means.abs().amax(dim=0)) * 2
    step = extent / 65535 * (1 + scene.means.abs())
    assert ((means - scene.means).abs() <= step / 2 + 1e-6).all()
    size = scene.scales.double().amax(dim=1)[:, None, None] ** 2
    assert ((shape - covariances(scene)).abs() / size).max() < 0.1


def test_transparent_gaussians_change_no_byte() -> None:
    scene = photo_scene(cells=24)
    hidden = torch.rand(len(scene), generator=torch.Generator().manual_seed(3)) < 0.5
    hidden[0] = hidden[len(scene) // 2] = True  # no neighbour of their layer comes before them
    scene.opacities[hidden] = 0.0
    content = written(scene, "sog", GRID_INFO)
    back = read(content, "sog").gaussians
    assert torch.equal(back.opacities == 0, hidden)
    noise = torch.rand(len(scene), 3, generator=torch.Generator().manual_seed(4))
    scene.colors[hidden] = noise[hidden]
    assert written(scene, "sog", GRID_INFO) == content


def test_the_stored_bounds_match_the_scene() -> None:
    scene = cloud(300)
    meta, _ = unpacked(written(scene, "sog", INFO))
    for bound, real in zip(("mins", "maxs"), torch.aminmax(scene.means, dim=0), strict=True):
        expected = real.sign() * real.abs().log1p()
        torch.testing.assert_close(torch.tensor(meta["means"][bound]), expected)


def test_a_scene_is_the_same_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = photo_scene(cells=200)  # its images are large enough for the encoder that needs numba
    content = written(scene, "sog", GRID_INFO)
    monkeypatch.setitem(sys.modules, "sharp_core.formats.sog.webp.encode", None)
    other = written(scene, "sog", GRID_INFO)
    assert content != other
    pairs = zip(unpacked(content)[1], unpacked(other)[1], strict=True)
    assert all(np.array_equal(ours, theirs) for ours, theirs in pairs)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_scene_has_the_same_bytes_on_any_number_of_threads(threads: int) -> None:
    scene = photo_scene(cells=200)
    content = written(scene, "sog", GRID_INFO, SogOptions(threads=threads))
    assert content == written(scene, "sog", GRID_INFO)


def test_a_folder_has_the_files_of_a_bundle(tmp_path: Path) -> None:
    scene = photo_scene(cells=24)
    write_scene(tmp_path / "meta.json", scene, GRID_INFO)
    content = written(scene, "sog", GRID_INFO)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            assert (tmp_path / name).read_bytes() == archive.read(name)
    assert read_scene(tmp_path / "meta.json").info == GRID_INFO
    (tmp_path / "quats.webp").unlink()
    with pytest.raises(FormatError, match=r"no file 'quats\.webp'"):
        read_scene(tmp_path / "meta.json")


def changed(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Return the bundle with its files changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def changed_meta(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    def on_files(files: dict[str, bytes]) -> None:
        meta = json.loads(files["meta.json"])
        change(meta)
        files["meta.json"] = json.dumps(meta).encode()

    return changed(content, on_files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda meta: meta.update(version=3), "SOG version 3; 1 and 2"),
        (lambda meta: meta.update(version=1), "'shape'"),
        (lambda meta: meta.update(count=10**9), "1000000000 Gaussians"),
        (lambda meta: meta.update(count=10**5), "pixels for 100000 splats"),
        (lambda meta: meta.update(count=0), "0 Gaussians"),
        (lambda meta: meta.update(count="many"), "'count'"),
        (lambda meta: meta.pop("quats"), "'quats'"),
        (lambda meta: meta["means"].update(mins=[0, 0]), "'mins'"),
        (lambda meta: meta["means"].update(mins=[0, 0, float("nan")]), "finite"),
        (lambda meta: meta["means"].update(maxs=[0, 0, 1e37]), "not finite"),
        (lambda meta: meta["scales"].update(codebook=[0.0]), "codebook"),
        (lambda meta: meta["sh0"].update(files=["../../secret"]), "no entry"),
    ],
)
def test_invalid_meta_is_refused(change: Callable[[dict[str, Any]], object], message: str) -> None:
    content = changed_meta(written(cloud(50), "sog", INFO), change)
    with pytest.raises(FormatError, match=message):
        read(content, "sog")


def test_inconsistent_images_are_refused() -> None:
    content = written(cloud(50), "sog")
    small = io.BytesIO()
    Image.new("RGBA", (100, 1)).save(small, "WEBP", lossless=True)

    def put(name: str, data: bytes) -> bytes:
        return changed(content, lambda files: files.update({name: data}))

    for data, message in (
        (small.getvalue(), "not of one size"),
        (b"no image", "damaged"),
        (b"", "damaged"),
        (bytes(3_000_000), "would take 3000000 bytes"),
    ):
        with pytest.raises(FormatError, match=message):
            read(put("scales.webp", data), "sog")


def test_photo_data_that_are_not_valid_are_left_out_with_a_note() -> None:
    content = written(cloud(50), "sog", INFO)
    stored = read(changed_meta(content, lambda m: m["extras"]["photo"].update(width=-4)), "sog")
    assert stored.info is None
    assert "image size" in stored.notes[0]
    assert len(stored.gaussians) == 50


def test_a_version_may_be_text() -> None:
    content = written(cloud(50), "sog")
    found = read(changed_meta(content, lambda meta: meta.update(version="2")), "sog")
    torch.testing.assert_close(found.gaussians.means, read(content, "sog").gaussians.means)


def test_harmonics_that_are_not_valid_do_no_harm() -> None:
    content = written(cloud(50), "sog")
    broken = {"count": 0, "files": [], "codebook": [0] * 256, "mins": 0}
    stored = read(changed_meta(content, lambda meta: meta.update(shN=broken)), "sog")
    assert (stored.sh_degree, len(stored.gaussians)) == (0, 50)
    assert "degree" in stored.notes[0]


def test_flat_gaussians_have_no_third_scale() -> None:
    content = written(cloud(50), "sog")
    stored = read(changed_meta(content, lambda meta: meta.update(model="2dgs")), "sog")
    assert bool((stored.gaussians.scales[:, 2] <= 1e-9).all())
    assert "flat" in stored.notes[0]


def test_a_bundle_may_hold_its_files_in_a_folder() -> None:
    content = written(cloud(50), "sog", INFO)

    def into_folder(files: dict[str, bytes]) -> None:
        for name in list(files):
            files[f"scene/{name}"] = files.pop(name)

    stored = read(changed(content, into_folder), "sog")
    torch.testing.assert_close(stored.gaussians.means, read(content, "sog").gaussians.means)
    assert stored.info == INFO


def test_version_1_stores_ranges_in_place_of_codebooks() -> None:
    scene = cloud(200)
    codes = np.random.default_rng(0).integers(0, 256, (4, 200, 4), dtype=np.uint8)
    codes[1, :, 3] = 255  # of quaternions: z is left out
    codes[1, :, :3] = 128
    names = ("means_l.webp", "quats.webp", "scales.webp", "sh0.webp")
    sh0_range = {"mins": [-2.0, -1.5, -1.0, -4.0], "maxs": [2.0, 2.5, 3.0, 6.0]}
    scale_range = {"mins": [-9.0, -8.0, -7.0], "maxs": [-1.0, -2.0, -3.0]}

    def to_version_1(files: dict[str, bytes]) -> None:
        meta = json.loads(files["meta.json"])
        side = Image.open(io.BytesIO(files["means_l.webp"])).size
        for name, values in zip(names[1:], codes[1:], strict=True):
            image = np.zeros((side[1] * side[0], 4), np.uint8)
            image[:, 3] = 255
            image[:200] = values
            file = io.BytesIO()
            Image.fromarray(image.reshape(side[1], side[0], 4)).save(
                file, "WEBP", lossless=True, exact=True
            )
            files[name] = file.getvalue()
        del meta["version"], meta["count"]
        meta["means"]["shape"] = [200, 3]
        meta["scales"] = {**scale_range, "files": ["scales.webp"]}
        meta["sh0"] = {**sh0_range, "files": ["sh0.webp"]}
        files["meta.json"] = json.dumps(meta).encode()

    original = written(scene, "sog")
    stored = read(changed(original, to_version_1), "sog")
    found = stored.gaussians
    torch.testing.assert_close(found.means, read(original, "sog").gaussians.means)

    def between(limits: dict[str, list[float]], values: np.ndarray) -> np.ndarray:
        mins, maxs = np.array(limits["mins"]), np.array(limits["maxs"])
        result: np.ndarray = mins + (maxs - mins) * values[:, : len(mins)] / 255
        return result

    np.testing.assert_allclose(found.scales.log(), between(scale_range, codes[2]), atol=1e-4)
    colors = between(sh0_range, codes[3])
    np.testing.assert_allclose(found.opacities, 1 / (1 + np.exp(-colors[:, 3])), atol=1e-6)
    shown = np.maximum(0.5 + 0.28209479177387814 * colors[:, :3], 0)
    np.testing.assert_allclose(srgb(found), shown, atol=1e-5)

"""The recorded scene with its views, random scenes, and error metrics to compare renderers."""

from __future__ import annotations

import dataclasses
import json
from typing import NamedTuple

import numpy as np
import torch

from sharp_core.render.result import RenderResult
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians
from tests.support.paths import DATA

FOLDER = DATA / "render"


class Recording(NamedTuple):
    camera: Camera
    color_linear: np.ndarray
    depth: np.ndarray
    alpha: np.ndarray


def recorded_scene() -> Gaussians:
    with np.load(FOLDER / "scene.npz") as scene:
        names = ("means", "quats", "scales", "opacities", "colors")
        return Gaussians(*(torch.from_numpy(scene[name]) for name in names))


def recorded_cameras(name: str) -> dict:
    return json.loads((FOLDER / f"{name}_cameras.json").read_text())


def recordings() -> list[Recording]:
    cameras = recorded_cameras("scene")
    (fx, _, cx), (_, fy, cy), _ = cameras["intrinsics"]
    intrinsics = Intrinsics(fx, fy, cx, cy, *cameras["size"])
    with np.load(FOLDER / "renders.npz") as views:
        planes = [views[name] for name in ("viewmats", "color_linear", "depth", "alpha")]
    return [
        Recording(Camera(intrinsics, viewmat), *rest)
        for viewmat, *rest in zip(*planes, strict=True)
    ]


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Peak signal-to-noise ratio of colours in 0 to 1, in dB."""
    error = np.mean((np.asarray(first, np.float64) - np.asarray(second, np.float64)) ** 2)
    return float(-10 * np.log10(max(error, 1e-30)))


def worst_depth(result: RenderResult, depth: np.ndarray, alpha: np.ndarray) -> float:
    """The maximum depth error in metres where alpha is above 0.5."""
    seen = np.asarray(alpha) > 0.5
    return float(np.abs(result.depth.cpu().numpy() - np.asarray(depth))[seen].max(initial=0))


def in_double(scene: Gaussians) -> Gaussians:
    """Return the scene in float64."""
    fields = dataclasses.fields(scene)
    return Gaussians(*(getattr(scene, field.name).double() for field in fields))


def random_scene(count: int, seed: int, *, dtype: torch.dtype = torch.float32) -> Gaussians:
    """Return random Gaussians: thin and flat, faint and opaque, tiny and huge, some behind."""
    random = np.random.default_rng(seed)
    z = random.uniform(-0.5, 8.0, count)
    means = np.stack([*(random.uniform(-1.2, 1.2, (2, count)) * np.abs(z)), z], axis=1)
    arrays = (
        means,
        random.normal(0, 1, (count, 4)),
        np.exp(random.uniform(-7.0, -0.5, (count, 3))),
        np.clip(random.uniform(-0.1, 1.1, count), 0, 1),
        random.uniform(0, 1, (count, 3)),
    )
    return Gaussians(*(torch.from_numpy(array).to(dtype) for array in arrays))

"""A stereo pair of known depth: a textured card before a textured wall, both facing the cameras."""

from __future__ import annotations

import functools
import io
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from sharp_core.containers.heif_camera import StereoCamera
from sharp_core.models.interface import PredictorInput
from sharp_core.models.two_layer.lift import lift_to_gaussians
from sharp_core.scene.gaussians import Gaussians
from sharp_core.spatial.heic_write import write_spatial_heic
from sharp_core.spatial.jpeg_stereo import mpo_of
from tests.support.stereo_pairs import EXIF, textured

WIDTH, HEIGHT = 384, 288
FOCAL_PX, BASELINE_M = 320.0, 0.06
FAR_PX, NEAR_PX = 8, 24  # disparities: 2.4 m and 0.8 m
CARD = (slice(80, 200), slice(140, 250))  # in the left picture


class TruePair(NamedTuple):
    left: np.ndarray
    right: np.ndarray
    depth_m: np.ndarray  # of the left picture


@functools.cache
def true_pair() -> TruePair:
    wall, card = textured(WIDTH + 64, HEIGHT, seed=1), textured(112, 120, seed=2)[:, :110]
    left, right = wall[:, 24 : 24 + WIDTH].copy(), wall[:, 24 + FAR_PX :][:, :WIDTH].copy()
    rows, columns = CARD
    left[rows, columns] = card
    right[rows, columns.start - NEAR_PX : columns.stop - NEAR_PX] = card
    disparity = np.full((HEIGHT, WIDTH), FAR_PX, np.float32)
    disparity[rows, columns] = NEAR_PX
    return TruePair(left, right, FOCAL_PX * BASELINE_M / disparity)


class ScaledTruth:
    """A predictor that knows the pair's depth, and multiplies it by a factor."""

    name, device = "truth", torch.device("cpu")

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self.fingerprint = f"truth-{factor}"

    def predict(self, photos: list[PredictorInput]) -> list[Gaussians]:
        disparity = torch.from_numpy(1 / (self._factor * true_pair().depth_m)).float()
        return [lift_to_gaussians(disparity, p.pixels, p.focal_px, 256) for p in photos]


@functools.cache
def heic_bytes() -> bytes:
    file = io.BytesIO()
    camera = StereoCamera(FOCAL_PX / WIDTH, BASELINE_M, 0.02)
    write_spatial_heic(file, *true_pair()[:2], camera, quality=95, exif=EXIF)
    return file.getvalue()


def mpo_bytes(shift_px: int = 0, baseline_m: float = BASELINE_M) -> bytes:
    """Return the pair as an MPO, the right picture moved to the right."""
    left, right, _ = true_pair()
    right = np.roll(right, shift_px, axis=1)
    return mpo_of(jpeg(left), jpeg(right), baseline_m)


def sbs_image(*, crossed: bool = False) -> np.ndarray:
    left, right, _ = true_pair()
    return np.concatenate((right, left) if crossed else (left, right), axis=1)


def jpeg(pixels: np.ndarray, focal_35mm: float | None = None) -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    if focal_35mm is not None:
        exif.get_ifd(0x8769)[0xA405] = round(focal_35mm)
    Image.fromarray(pixels).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


# The 35 mm equivalent of FOCAL_PX: for files that do not say it.
FOCAL_35MM = FOCAL_PX * np.hypot(36, 24) / np.hypot(WIDTH, HEIGHT)

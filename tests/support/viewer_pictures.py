"""What a scene viewer shows in a browser, as pictures to compare, and whether a person sees it."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Page

READY = '.viewer[data-state="ready"][data-settled="true"]'
WAIT_MS = 120_000  # as long as a machine with much other work may take
Pixels = npt.NDArray[np.float64]


def picture(page: Page) -> Pixels:
    """Return what the viewer shows, as gray levels."""
    page.wait_for_selector(READY)
    page.wait_for_timeout(300)  # what is faded out is gone by then
    return gray(Image.open(io.BytesIO(page.locator(".viewer-frame").screenshot())))


def gray(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("L"), np.float64)


def psnr(a: Pixels, b: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((a - b) ** 2)))


def shift(before: Pixels, after: Pixels, most: int = 40) -> int:
    """Return by how many pixels a picture has moved to the right, by the best match of a part."""
    inner = before[:, most:-most]
    errors = {
        step: np.mean((after[:, most + step : after.shape[1] - most + step] - inner) ** 2)
        for step in range(-most, most)
    }
    return min(errors, key=errors.__getitem__)


def is_seen(page: Page, selector: str) -> bool:
    """Return whether the middle of an element is in front of everything else, within the window."""
    return bool(
        page.locator(selector).first.evaluate(
            """(element) => {
                const { left, top, width, height } = element.getBoundingClientRect();
                const hit = document.elementFromPoint(left + width / 2, top + height / 2);
                return width > 0 && height > 0 && (hit === element || element.contains(hit));
            }"""
        )
    )

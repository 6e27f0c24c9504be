from __future__ import annotations

import importlib.util

import pytest

from schemas.errors import MissingToolError
from sharp_core.evaluation.metrics.heads import load_head


def test_the_package_brings_the_heads() -> None:
    assert load_head("dists_models/weights.pt")["alpha"].shape == (1, 1475, 1, 1)


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingToolError, match="torchmetrics") as caught:
        load_head("lpips_models/vgg.pth")
    assert "[perceptual]" in caught.value.hint


def test_a_version_without_the_file_is_refused() -> None:
    with pytest.raises(MissingToolError, match=r"has no functional/image/lpips_models/resnet.pth"):
        load_head("lpips_models/resnet.pth")

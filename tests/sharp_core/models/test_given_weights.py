"""Weights that a person names: found, identified, or asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from schemas.errors import WeightsMissingError
from sharp_core.models.given_weights import GivenWeights

SOURCE = GivenWeights("depth", "2")


def test_the_fingerprint_is_of_the_weights_and_of_the_code(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt2"
    path.write_bytes(b"weights")
    found = SOURCE.inspect_checkpoint(path)
    digest = hashlib.sha256(b"weights").hexdigest()
    assert (found.path, found.size, found.sha256) == (path, 7, digest)
    assert found.fingerprint == f"depth-2-{digest[:16]}"
    assert SOURCE.find_checkpoint(path) == path


def test_without_a_file_it_asks_for_one(tmp_path: Path) -> None:
    assert SOURCE.find_checkpoint() is None
    with pytest.raises(WeightsMissingError, match="no file"):
        SOURCE.find_checkpoint(tmp_path / "none")
    with pytest.raises(WeightsMissingError, match="'depth' needs weights") as caught:
        SOURCE.fetch_checkpoint(licence=print, notice=print, progress=print)
    assert "--checkpoint" in caught.value.hint

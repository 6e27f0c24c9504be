"""Weights that a person names by --checkpoint: for models that neither bundle nor download any."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import WeightsMissingError


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file of weights, and what is known of it."""

    path: Path
    size: int  # bytes
    sha256: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class GivenWeights:
    """The source of a model's weights. `version` is that of the model's code.

    Equal weights and equal code give equal scenes: the fingerprint is made of both.
    """

    model: str
    version: str

    def find_checkpoint(self, given: Path | None = None, /) -> Path | None:
        """Return `given`. Raises WeightsMissingError where it is no file."""
        if given is not None and not given.is_file():
            raise WeightsMissingError(f"there is no file {given}", "Give another by --checkpoint.")
        return given

    def fetch_checkpoint(
        self,
        *,
        licence: Callable[[str], None],
        notice: Callable[[str], None],
        progress: Callable[[int, int | None], None],
    ) -> Path:
        """Raise WeightsMissingError: there is nothing to download."""
        raise WeightsMissingError(
            f"the model {self.model!r} needs weights of yours", "Name their file: --checkpoint FILE"
        )

    def inspect_checkpoint(self, path: Path, /) -> GivenFile:
        """Return size, hash and fingerprint of a file. Raises OSError."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return GivenFile(
                path, file.tell(), sha256, f"{self.model}-{self.version}-{sha256[:16]}"
            )

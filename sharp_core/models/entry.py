"""What the program knows of a model before it is loaded. No field takes torch to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from schemas.registry import Lazy
from schemas.settings import ModelSettings

if TYPE_CHECKING:  # torch is imported where a model is loaded
    from sharp_core.models.interface import Predictor

# A scene of two layers of 768 x 768 cells.
USUAL_GAUSSIANS = 1_179_648

LoadModel = Callable[
    [ModelSettings, str, Path | None], "Predictor"
]  # settings, torch device, weights


class WeightsFile(Protocol):
    """A file of weights, and what is known of it."""

    @property
    def path(self) -> Path:
        """Where it is."""
        ...

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        ...

    @property
    def fingerprint(self) -> str:
        """What identifies these weights and the model's code: equal ones give equal scenes."""
        ...


class WeightsSource(Protocol):
    """A module, or an object, that finds, downloads and identifies the weights of a model."""

    def find_checkpoint(self, given: Path | None = None, /) -> Path | None:
        """Return `given`, else the weights on this machine, else None.

        Raises WeightsMissingError where `given` is no file.
        """
        ...

    def fetch_checkpoint(
        self,
        *,
        licence: Callable[[str], None],
        notice: Callable[[str], None],
        progress: Callable[[int, int | None], None],
    ) -> Path:
        """Download the weights, or what is missing of them. Raises WeightsError."""
        ...

    def inspect_checkpoint(self, path: Path, /) -> WeightsFile:
        """Return size, hash and fingerprint of a file. Raises WeightsDamagedError."""
        ...


@dataclass(frozen=True, slots=True)
class DownloadedWeights:
    """Weights that do not come with the program."""

    bytes: int
    licence: str  # what a person reads before the download begins
    source: Lazy[WeightsSource]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model. To add one, write its folder and name its entry in `registry`."""

    name: str
    label: str  # a line for help and menus
    # Which scene of a photo is its best one: that of the highest rank. Models that are not known
    # here, as those of old catalogs, have rank 0.
    rank: int
    load: Lazy[LoadModel]
    weights: DownloadedWeights | None = None  # None: it needs no download
    fingerprint: str = ""  # of its code and bundled weights; models with a download use theirs
    presets: tuple[str, ...] = ()  # choices of --preset, the usual one first
    dtypes: tuple[str, ...] = ("fp32",)  # choices of --dtype beside 'auto'
    can_compile: bool = False
    gaussians: int = USUAL_GAUSSIANS  # of one scene
    cpu_seconds: float = 2.0  # one photo on two cores, decoding and encoding included
    gpu_seconds: float | None = None  # None: it does not run on a GPU
    gpu_batch: int = 1  # photos that a GPU predicts best together

    @property
    def needs_download(self) -> bool:
        """Whether its weights have to be downloaded."""
        return self.weights is not None

"""Where a training's data come from: procedural scenes, photos, a library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.catalog.filters import Filters
from pipeline.library import Library
from pipeline.training.photos import photos_of_folders, photos_of_library
from schemas.choices import LengthUnit
from schemas.errors import UsageError
from sharp_core.training.data.posed_folder import posed_pairs
from sharp_core.training.data.procedural_views import ProceduralPairs, ProceduralViews
from sharp_core.training.sharp.settings import TrainingSettings
from sharp_core.training.sharp.sources import PairSource, PhotoSource


def pair_source(
    settings: TrainingSettings,
    scenes: int | None,
    folder: Path | None = None,
    *,
    dataset: str | None = None,
    unit: LengthUnit | None = None,
) -> PairSource:
    """Return the pairs of stage 1: of a folder of posed pictures with depth, else procedural ones.

    `scenes` is how many procedural scenes there are; None: a new one for each pair. `dataset` names
    the folder's layout, and `unit` its unit of length, where they are not to be recognised. Raises
    UsageError.
    """
    if folder is not None:
        return posed_pairs(folder.absolute(), dataset=dataset, unit=unit, seed=settings.seed)
    side = settings.network.resolution
    return ProceduralPairs(ProceduralViews(side, settings.seed), scenes)


def photo_source(
    settings: TrainingSettings, photos: Sequence[Path], library: Library, filters: Filters
) -> PhotoSource:
    """Return the photos of stage 2: of folders, else those of a library that filters select.

    Raises UsageError, StoreError.
    """
    side = settings.network.resolution
    if photos:
        if filters != Filters():
            raise UsageError(
                "filters select photos of a library, and --photos names folders",
                "Give one of the two; 'sharp-batch ingest' makes a library of folders.",
            )
        folders = [folder.absolute() for folder in photos]  # workers on Ray are started elsewhere
        return photos_of_folders(folders, side, seed=settings.seed)
    library.check_exists()
    return photos_of_library(library, filters, side, seed=settings.seed)

"""Photos for stage 2 of SHARP's training: of folders, or those of a library that filters select."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.flow.decode_stage import DecodeStage
from pipeline.library import Library
from pipeline.scan.identify import identify
from pipeline.scan.scan import FoundFile, scan
from pipeline.scan.sidecars import find_sidecars
from schemas.count_text import count_text
from schemas.errors import PhotoError, RunError, UsageError
from schemas.outcomes import Failed, Skipped
from schemas.reasons import FailureReason
from schemas.records import PhotoRecord, PhotoState
from schemas.settings import PhotoSettings
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import PosedPicture
from sharp_core.training.data.passes import Parted, parted, read_in_turn

# The others could not be decoded, or are left alone on purpose.
_USABLE = (PhotoState.DONE, PhotoState.DUE)


@dataclass(frozen=True, slots=True)
class TrainingPhoto:
    """A photo file, and its focal length where the catalog knows one."""

    path: str
    focal_share: float | None = None  # focal length over the width of the upright photo


@dataclass(frozen=True)
class Photos:
    """Each photo once a pass, of ten or more without those held out; a `PhotoSource`."""

    photos: Parted[TrainingPhoto]
    side: int  # px: larger photos are shrunk to this long side
    seed: int = 0
    settings: PhotoSettings = field(default_factory=PhotoSettings)

    def check(self) -> None:
        """Raise UsageError unless there are photos, all files exist and one can be decoded."""
        photos = (*self.photos.trained, *self.photos.held_out)
        if not photos:
            raise UsageError(
                "there is no photo to train on", "Name folders with photos, or other filters."
            )
        missing = [photo.path for photo in photos if not Path(photo.path).is_file()]
        if missing:
            raise UsageError(
                f"{count_text(len(missing), 'photo is', 'photos are')} not there, such as "
                f"{missing[0]}",
                "Connect their disk, or run 'sharp-batch ingest' so that the catalog forgets them.",
            )
        try:
            self.photo(0)
        except RunError as error:
            raise UsageError(error.message, error.hint) from error

    def photo(self, number: int) -> PosedPicture:
        """Return photo `number`; in place of one that cannot be decoded, the next that can.

        Raises RunError if many photos in a row cannot be decoded.
        """
        return read_in_turn(self.photos, number, self.seed, self._read)

    def _read(self, photo: TrainingPhoto) -> PosedPicture:
        path = Path(photo.path)
        try:
            stat = path.stat()
        except OSError as error:
            message = f"{path}: {error.strerror}"
            raise PhotoError(FailureReason.UNREADABLE, message) from error
        found = FoundFile(
            photo.path, stat.st_size, stat.st_mtime_ns, context=find_sidecars(photo.path)
        )
        outcome = DecodeStage(self.settings, store=None).process(identify(found).photo)
        if isinstance(outcome, Failed):
            raise PhotoError(outcome.reason, f"{path}: {outcome.message}")
        if isinstance(outcome, Skipped):
            raise PhotoError(FailureReason.UNSUPPORTED, f"{path}: {outcome.message}")
        decoded, pixels = outcome
        share = photo.focal_share or decoded.focal.px / decoded.width
        return _posed(pixels, share, self.side)


def photos_of_folders(
    folders: Sequence[Path], side: int, *, seed: int = 0, settings: PhotoSettings | None = None
) -> Photos:
    """Return the photos below some folders. Raises UsageError if a folder is missing."""
    files = scan(folders).files
    photos = tuple(TrainingPhoto(file.path) for file in files if file.skip is None)
    return Photos(parted(photos, seed, _path), side, seed, settings or PhotoSettings())


def photos_of_library(
    library: Library,
    filters: Filters,
    side: int,
    *,
    seed: int = 0,
    settings: PhotoSettings | None = None,
) -> Photos:
    """Return the photos of a library that filters select, with the focal lengths it knows.

    Raises UsageError, StoreError.
    """
    with library.read() as connection:
        photos = tuple(_of_records(find(connection, filters)))
    return Photos(parted(photos, seed, _path), side, seed, settings or PhotoSettings())


def _path(photo: TrainingPhoto) -> str:
    return photo.path


def _of_records(records: Iterable[PhotoRecord]) -> Iterable[TrainingPhoto]:
    for record in records:
        if not record.paths or record.state not in _USABLE:
            continue
        share = None
        if record.focal_px is not None and record.width is not None:
            share = record.focal_px / record.width
        yield TrainingPhoto(record.paths[0], share)


def _posed(pixels: npt.NDArray[np.uint8], focal_share: float, side: int) -> PosedPicture:
    """Shrink a photo to the long side; its camera is the world's frame."""
    height, width = pixels.shape[:2]
    share = min(1.0, side / max(height, width))
    small = (max(1, round(width * share)), max(1, round(height * share)))
    if small != (width, height):
        pixels = np.asarray(Image.fromarray(pixels).resize(small, Image.Resampling.LANCZOS))
    intrinsics = Intrinsics.of_photo(focal_share * width, width, height).resized(*small)
    return PosedPicture(pixels, Camera(intrinsics, np.eye(4)))

"""Writes a pitch test sheet: which pitch a sheet of lenses has on a person's own printer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from pipeline.store.disk_errors import check_folder_of
from pipeline.store.store import Store
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from sharp_core.spatial.lenticular import pitch_test, pitches_around

_SUFFIX = ".png"


@dataclass(frozen=True, slots=True)
class PitchTest:
    """The written sheet."""

    file: str
    width: int
    height: int
    dpi: int
    pitches: tuple[float, ...]  # lenses per inch, of the bands from the top

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def write_pitch_test(path: Path, settings: ExportSettings) -> PitchTest:
    """Write a sheet for the print that the settings describe. Raises UsageError, RunError."""
    if path.suffix.lower() != _SUFFIX:
        raise UsageError(f"--pitch-test {path}: expected the name of a PNG", "Such as sheet.png.")
    check_folder_of(path)
    lpi, dpi = settings.lpi, settings.dpi
    sheet = Image.fromarray(pitch_test(lpi, dpi, settings.print_width_mm))
    Store(path.absolute().parent).write(
        path.name, lambda file: sheet.save(file, "PNG", dpi=(dpi, dpi))
    )
    pitches = tuple(round(pitch, 3) for pitch in pitches_around(lpi))
    return PitchTest(str(path), sheet.width, sheet.height, dpi, pitches)

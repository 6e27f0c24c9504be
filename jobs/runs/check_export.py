"""Checks whether a file is a valid spatial photo."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from schemas.errors import UsageError
from sharp_core.spatial.check import check_spatial


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The result; numbers are None if the file does not state them."""

    file: str
    is_good: bool
    errors: list[str]
    warnings: list[str]
    width: int | None
    height: int | None
    field_of_view_deg: float | None
    baseline_mm: float | None
    disparity: float | None  # adjustment, a share of the width
    parallax: float | None  # of what the pictures show, in the middle, a share of the width

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def check_spatial_file(path: Path) -> CheckedFile:
    """Check a file. Raises UsageError if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--check {path}: {error.strerror}") from error
    report = check_spatial(data)
    camera = report.camera
    return CheckedFile(
        str(path),
        report.is_good,
        report.errors,
        report.warnings,
        report.width,
        report.height,
        round(camera.field_of_view_deg, 4) if camera else None,
        round(1000 * camera.baseline_m, 3) if camera else None,
        camera.disparity if camera else None,
        round(report.parallax, 5) if report.parallax is not None else None,
    )

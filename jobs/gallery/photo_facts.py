"""The facts that a photo's page lists: names, values with units, and where values come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from jobs.console.output import size_text, time_text

_FOCAL_SOURCES = {
    "user": "as you gave it",
    "intrinsics": "from the camera's calibration",
    "exif_35mm": "from the 35 mm equivalent in the photo",
    "exif_sensor": "from the lens and the sensor's resolution",
    "camera_table": "from the lens and this camera's sensor size",
    "exif_mm_guess": "guessed from the lens alone",
    "default": "unknown; a 30 mm equivalent is assumed",
}
REASONS = {
    "unreadable": "The file cannot be opened, it changed while it was read, or it is damaged.",
    "truncated": "The file is empty, or its end is missing.",
    "unsupported": "This image format is not supported, or the RAW file has no preview.",
    "too_large": "The image is far too large to open.",
    "not_a_photo": "The file does not contain an image, although its name says so.",
    "out_of_memory": "The computer ran out of memory at this photo.",
    "model_error": "The model did not return a usable scene.",
    "timeout": "The work on this photo took too long.",
    "worker_lost": "The process that worked on this photo died more than once.",
    "disk_full": "There was no space left for the scene. The next run tries again.",
    "hidden": "The name of the file or of its folder marks it as hidden, or as a system file.",
    "excluded": "A rule of the ingest command excludes it (--exclude).",
    "too_small": "The image is smaller than 256 pixels ('ingest --allow-small' includes it).",
    "too_wide": "The image is wider than 2.5 : 1 ('ingest --allow-wide' includes it).",
    "already_3d": "The file is a 3D scene already.",
}


class Fact(NamedTuple):
    """One line of the list beside a scene."""

    name: str
    value: str
    note: str = ""


def photo_facts(photo: Mapping[str, Any], scene: Mapping[str, Any] | None) -> list[Fact]:
    """Return the facts of a photo and its scene, the most interesting first."""
    facts = [*_taken(photo), *_camera(photo), *_focal(photo)]
    if photo["width"]:
        megapixels = photo["width"] * photo["height"] / 1e6
        size = f"{photo['width']} × {photo['height']}"  # noqa: RUF001 - the sign of times
        facts.append(Fact("Photo", size, f"{megapixels:.1f} megapixels"))
    if scene is not None:
        facts += _scene(scene)
    return facts


def _taken(photo: Mapping[str, Any]) -> list[Fact]:
    taken: datetime | None = photo["taken_at"]
    facts = []
    if taken is not None:
        offset = photo["taken_at_offset"]
        note = f"UTC{offset}" if offset else ""
        facts.append(Fact("Taken", f"{taken.day} {taken:%B %Y, %H:%M}", note))
    if photo["latitude"] is not None and photo["longitude"] is not None:
        north, east = photo["latitude"], photo["longitude"]
        place = (
            f"{abs(north):.4f}° {'N' if north >= 0 else 'S'}, "
            f"{abs(east):.4f}° {'E' if east >= 0 else 'W'}"
        )
        altitude = photo["altitude_m"]
        note = f"{altitude:.0f} m above sea level" if altitude is not None else ""
        facts.append(Fact("Place", place, note))
    return facts


def _camera(photo: Mapping[str, Any]) -> list[Fact]:
    make, model = photo["camera_make"] or "", photo["camera_model"] or ""
    name = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    facts = [Fact("Camera", name)] if name else []
    if photo["lens_model"]:
        facts.append(Fact("Lens", photo["lens_model"]))
    return facts


def _focal(photo: Mapping[str, Any]) -> list[Fact]:
    if not photo["focal_px"]:
        return []
    diagonal = (photo["width"] ** 2 + photo["height"] ** 2) ** 0.5
    equivalent = photo["focal_px"] * (36**2 + 24**2) ** 0.5 / diagonal
    source = _FOCAL_SOURCES.get(photo["focal_source"], photo["focal_source"])
    value = f"{photo['focal_px']:.0f} px ({equivalent:.0f} mm equivalent)"
    facts = [Fact("Focal length", value, source)]
    if photo["focal_warning"]:
        facts.append(Fact("Warning", photo["focal_warning"]))
    return facts


def _scene(scene: Mapping[str, Any]) -> list[Fact]:
    near, middle, far = (scene[f"depth_{name}_m"] for name in ("near", "median", "far"))
    facts = [
        Fact(
            "Depth", f"{_metres(near)} to {_metres(far)}", f"half is nearer than {_metres(middle)}"
        ),
        Fact("Model", scene["model"], f"made {scene['created_at']:%Y-%m-%d %H:%M} UTC"),
        Fact(
            "Scene",
            f"{scene['gaussians']:,} Gaussians".replace(",", "\u202f"),
            f"{size_text(scene['splat_bytes'])} as {scene['format']}",
        ),
    ]
    if scene["depth_scale"]:
        note = "from the depth map in the photo"
        facts.insert(1, Fact("Scale corrected", f"by {scene['depth_scale']:.3g}", note))
    steps = ("decode", "predict", "encode")
    seconds = [(step, scene[f"{step}_seconds"]) for step in steps if scene[f"{step}_seconds"]]
    if seconds:
        total = time_text(sum(value for _, value in seconds))
        note = ", ".join(f"{step} {time_text(value)}" for step, value in seconds)
        facts.append(Fact("Made in", total, note))
    return facts


def _metres(value: float) -> str:
    return f"{value:.2f} m" if value < 10 else f"{value:.0f} m"

"""The facts that a photo's page lists: names, values with units, and where values come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from jobs.console.output import size_text, time_text
from pipeline.metadata.focal import focal_35mm_of_px
from schemas.outcomes import PHOTO_STAGES
from schemas.quality import QualityFlag
from schemas.reasons import FailureReason, SkipReason
from schemas.records import FocalSource, ScaleSource


def reason_text(reason: str | None) -> str:
    """Return what a failure or skip reason means; "" where there is none."""
    return FailureReason.explain(reason) or SkipReason.explain(reason)


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
    facts += _flags(photo)
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
        facts.append(Fact("Position", place, note))
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
    value = focal_text(photo["focal_px"], photo["width"], photo["height"])
    facts = [Fact("Focal length", value, FocalSource.explain(photo["focal_source"]))]
    if photo["focal_warning"]:
        facts.append(Fact("Warning", photo["focal_warning"]))
    return facts


def focal_text(focal_px: float, width: int, height: int) -> str:
    """Return a focal length in pixels and as its 35 mm equivalent."""
    equivalent = focal_35mm_of_px(focal_px, width, height)
    return f"{focal_px:.0f} px ({equivalent:.0f} mm equivalent)"


def _scene(scene: Mapping[str, Any]) -> list[Fact]:
    near, middle, far = (scene[f"depth_{name}_m"] for name in ("near", "median", "far"))
    facts = [
        *_score(scene),
        Fact(
            "Depth", f"{_metres(near)} to {_metres(far)}", f"half is nearer than {_metres(middle)}"
        ),
        *_scale(scene),
        Fact("Model", scene["model"], f"made {scene['created_at']:%Y-%m-%d %H:%M} UTC"),
        Fact(
            "Scene",
            f"{scene['gaussians']:,} Gaussians".replace(",", "\u202f"),
            f"{size_text(scene['splat_bytes'])} as {scene['format']}",
        ),
    ]
    seconds = [
        (step, scene[f"{step}_seconds"]) for step in PHOTO_STAGES if scene[f"{step}_seconds"]
    ]
    if seconds:
        total = time_text(sum(value for _, value in seconds))
        note = ", ".join(f"{step} {time_text(value)}" for step, value in seconds)
        facts.append(Fact("Made in", total, note))
    return facts


def _score(scene: Mapping[str, Any]) -> list[Fact]:
    if scene["score"] is None:
        return []
    return [Fact("Score", f"{scene['score']:.2f}", "of 1, among scenes of this model")]


def _scale(scene: Mapping[str, Any]) -> list[Fact]:
    source = scene["scale_source"]
    if not source:
        return []
    corrected = f"corrected by {scene['depth_scale']:.3g}" if scene["depth_scale"] else ""
    return [Fact("Scale", corrected or source, ScaleSource.explain(source))]


def _flags(photo: Mapping[str, Any]) -> list[Fact]:
    return [
        Fact("Flag", flag.replace("_", " "), QualityFlag.explain(flag)) for flag in photo["flags"]
    ]


def _metres(value: float) -> str:
    return f"{value:.2f} m" if value < 10 else f"{value:.0f} m"

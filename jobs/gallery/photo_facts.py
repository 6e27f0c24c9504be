"""The facts that a photo's page lists: names, values with units, and where values come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from jobs.console.output import size_text, time_text
from jobs.gallery.date_texts import minute_text, position_text
from jobs.gallery.problem_texts import reason_name
from jobs.gallery.texts import Figures, Message, listed
from pipeline.metadata.focal import focal_35mm_of_px
from schemas.outcomes import PHOTO_STAGES
from schemas.quality import QualityFlag
from schemas.records import FocalSource, ScaleSource


class Fact(NamedTuple):
    """One line of the list beside a scene."""

    name: str
    value: str
    note: str = ""


def photo_facts(photo: Mapping[str, Any]) -> list[Fact]:
    """Return what people want to know of a photo: when, where and with what it was taken."""
    return [*_taken(photo), *_camera(photo)]


def technical_facts(photo: Mapping[str, Any], scene: Mapping[str, Any] | None) -> list[Fact]:
    """Return how a photo and its scene were measured and made, the most interesting first."""
    facts = [*_flags(photo)]
    if scene is not None:
        facts += _score(scene)
    facts += _focal(photo)
    if photo["width"]:
        megapixels = photo["width"] * photo["height"] / 1e6
        size = f"{photo['width']} × {photo['height']}"  # noqa: RUF001 - the sign of times
        facts.append(
            Fact("Photo", size, Message("{count} megapixels", count=Figures(f"{megapixels:.1f}")))
        )
    if scene is not None:
        facts += _scene(scene)
    return facts


def _taken(photo: Mapping[str, Any]) -> list[Fact]:
    taken: datetime | None = photo["taken_at"]
    facts = []
    if taken is not None:
        offset = photo["taken_at_offset"]
        note = Message("UTC{offset}", offset=offset) if offset else ""
        facts.append(Fact("Taken", minute_text(taken), note))
    if photo["latitude"] is not None and photo["longitude"] is not None:
        place = position_text(photo["latitude"], photo["longitude"])
        altitude = photo["altitude_m"]
        note = "" if altitude is None else Message("{m} m above sea level", m=f"{altitude:.0f}")
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


def focal_text(focal_px: float, width: int, height: int) -> Message:
    """Return a focal length in pixels and as its 35 mm equivalent."""
    equivalent = focal_35mm_of_px(focal_px, width, height)
    return Message("{px} px ({mm} mm equivalent)", px=f"{focal_px:.0f}", mm=f"{equivalent:.0f}")


def _scene(scene: Mapping[str, Any]) -> list[Fact]:
    near, middle, far = (scene[f"depth_{name}_m"] for name in ("near", "median", "far"))
    facts = [
        Fact(
            "Depth",
            Message("{near} to {far}", near=metres_text(near), far=metres_text(far)),
            Message("half is nearer than {depth}", depth=metres_text(middle)),
        ),
        *_scale(scene),
        Fact(
            "Model",
            scene["model"],
            Message("made on {time} UTC", time=minute_text(scene["created_at"])),
        ),
        Fact(
            "Scene",
            Message("{count} Gaussians", count=f"{scene['gaussians']:,}".replace(",", "\u202f")),
            Message(
                "{size} as {format}",
                size=Figures(size_text(scene["splat_bytes"])),
                format=scene["format"].upper(),
            ),
        ),
    ]
    seconds = [
        (step, scene[f"{step}_seconds"]) for step in PHOTO_STAGES if scene[f"{step}_seconds"]
    ]
    if seconds:
        total = Figures(time_text(sum(value for _, value in seconds)))
        steps = [
            Message("{step} {time}", step=Message(step), time=Figures(time_text(value)))
            for step, value in seconds
        ]
        facts.append(Fact("Made in", total, listed(steps)))
    return facts


def _score(scene: Mapping[str, Any]) -> list[Fact]:
    if scene["score"] is None:
        return []
    score = Figures(f"{scene['score']:.2f}")
    return [Fact("Score", score, Message("of 1, among scenes of this model"))]


def _scale(scene: Mapping[str, Any]) -> list[Fact]:
    source = scene["scale_source"]
    if not source:
        return []
    factor = scene["depth_scale"]
    explained = ScaleSource.explain(source)
    if factor:
        value = Message("corrected by {factor}", factor=Figures(f"{factor:.3g}"))
        return [Fact("Scale", value, explained)]
    return [Fact("Scale", Message(explained) if explained else source)]


def _flags(photo: Mapping[str, Any]) -> list[Fact]:
    return [Fact("Flag", reason_name(flag), QualityFlag.explain(flag)) for flag in photo["flags"]]


def metres_text(value: float) -> Figures:
    """Return a distance in metres."""
    return Figures(f"{value:.2f} m" if value < 10 else f"{value:.0f} m")

"""`PairResult`: what is stored of one pair and one method. Reports are made of these alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields


@dataclass(frozen=True, slots=True)
class PairResult:
    """The metrics of one rendered target picture."""

    dataset: str
    pair: str
    source: str  # what the source picture is called
    method: str
    key: str  # of all that the numbers depend on: an equal key means equal numbers
    width: int
    height: int
    distance_m: float  # between the two cameras
    plain: dict[str, float]  # by metric, the scene as it was predicted
    aligned: dict[str, float] | None  # with the privileged scale; None where there is none
    scale: float | None  # that one
    predict_seconds: float | None  # None for splat files
    render_seconds: float
    notes: tuple[str, ...] = ()
    pictures: dict[str, str] = field(default_factory=dict)  # by kind, relative to the report

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, object]) -> PairResult | None:
        """Undo `as_dict`; None for what another version has written."""
        names = {item.name for item in fields(PairResult)}
        if set(values) != names:
            return None
        notes = values["notes"]
        return PairResult(
            **{**values, "notes": tuple(notes) if isinstance(notes, list) else ()}  # type: ignore[arg-type]
        )

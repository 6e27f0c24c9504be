"""The report of a night: JSON for programs, and one page of Markdown or HTML for people."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from html import escape

from jobs.console.output import size_text, time_text
from jobs.nightly.best_scenes import BestScene, SceneMedia
from schemas.errors import ExitCode

_LISTED = 50  # failures and damages; the JSON has them all


@dataclass(slots=True)
class Step:
    """One step: what it counted, or the error it ended with."""

    name: str
    summary: str = ""
    error: str | None = None
    hint: str | None = None
    exit_code: int = 0
    seconds: float = 0.0
    has_changed: bool = False
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhotoProblem:
    """A photo that failed tonight, or a stored file that was found damaged."""

    path: str
    reason: str
    message: str


@dataclass(slots=True)
class NightlyReport:
    """A whole night."""

    night_id: str
    library: str
    started_at: datetime  # local time
    seconds: float = 0.0
    exit_code: int = 0
    is_out_of_time: bool = False
    steps: list[Step] = field(default_factory=list)
    failed: list[PhotoProblem] = field(default_factory=list)
    damaged: list[PhotoProblem] = field(default_factory=list)
    best: list[BestScene] = field(default_factory=list)  # of this night, by score
    photos: dict[str, int] = field(default_factory=dict)  # by state, after the night
    bytes: dict[str, int] = field(default_factory=dict)  # by kind of file

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)

    @property
    def has_changed(self) -> bool:
        """Whether a step made or removed anything."""
        return any(step.has_changed for step in self.steps)

    @property
    def has_problems(self) -> bool:
        """Whether a person should look at the report."""
        return self.exit_code != ExitCode.OK or bool(self.damaged)

    @property
    def outcome(self) -> str:
        """The night in a few words."""
        errors = [step.name for step in self.steps if step.error is not None]
        if self.exit_code == ExitCode.INTERRUPTED:
            return "interrupted; the next night resumes"
        if errors:
            return f"{', '.join(errors)} ended with an error"
        parts = []
        if self.failed:
            parts.append(f"photos that failed: {len(self.failed)}")
        if self.damaged:
            parts.append(f"damaged files: {len(self.damaged)}")
        if self.is_out_of_time:
            parts.append("the time is up, the next night resumes")
        return "; ".join(parts) or "all done"

    @property
    def subject(self) -> str:
        """One line, for a mail."""
        return f"sharp-batch, {self.started_at:%Y-%m-%d}: {self.outcome}"


def markdown_page(report: NightlyReport) -> str:
    """Return the report as a page of Markdown."""
    lines = [f"# The night of {report.started_at:%Y-%m-%d}", "", f"**{report.outcome}**", ""]
    lines += [f"- {name}: {_one_line(value)}" for name, value in _facts(report)]
    lines += ["", "| step | result | time |", "|---|---|---|"]
    lines += [f"| {a} | {_cell(b)} | {c} |" for a, b, c in _rows(report)]
    if report.best:
        lines += ["", f"## {_BEST_TITLE}", ""]
        lines += [f"- {_cell(one.name)}: {one.score:.2f}" for one in report.best]
    for title, problems in _problems(report):
        lines += ["", f"## {title}", "", "| file | reason | |", "|---|---|---|"]
        lines += [
            f"| {_cell(item.path)} | {item.reason} | {_cell(item.message)} |"
            for item in problems[:_LISTED]
        ]
        lines += _more(problems)
    return "\n".join(lines) + "\n"


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}table{border-collapse:collapse;width:100%}td,th{text-align:left;"
    "padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd;vertical-align:top;"
    "overflow-wrap:anywhere}td:last-child{white-space:nowrap}.outcome{font-size:1.2rem;"
    "padding:.6rem 1rem;border-radius:.4rem;background:#e6f4ea}.outcome.bad{background:#fde8e6}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#444}"
    ".outcome{background:#1e3a28}.outcome.bad{background:#4a2320}}"
    ".best{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(26rem,100%),1fr));"
    "gap:1.2rem;margin:0 0 2rem;padding:0;list-style:none}.best li{overflow-wrap:anywhere}"
    ".best div{display:grid;grid-template-columns:1fr 1fr;gap:.3rem}"
    ".best img,.best video{width:100%;height:11rem;object-fit:contain;border-radius:.3rem;"
    "background:#8882}"
)
_BEST_TITLE = "Best new scenes"
_NO_MEDIA: Mapping[str, SceneMedia] = {}


def html_page(report: NightlyReport, media: Mapping[str, SceneMedia] = _NO_MEDIA) -> str:
    """Return the report as a page of HTML that needs no other file.

    `media` are pictures and clips of the best scenes by their ids; they become a part of the page.
    """
    title = f"The night of {report.started_at:%Y-%m-%d}"
    facts = "".join(f"<li>{name}: {escape(value)}</li>" for name, value in _facts(report))
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width">',
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>",
        f'<p class="outcome{" bad" if report.has_problems else ""}">{escape(report.outcome)}</p>',
        f"<ul>{facts}</ul>",
        _html_best(report.best, media),
        _html_table(("step", "result", "time"), _rows(report)),
    ]
    for heading, problems in _problems(report):
        rows = [(item.path, item.message, item.reason) for item in problems[:_LISTED]]
        parts.append(f"<h2>{heading}</h2>" + _html_table(("file", "", "reason"), rows))
        parts += [f"<p>{escape(line)}</p>" for line in _more(problems)]
    return "\n".join([*parts, "</body></html>", ""])


def _html_best(best: Sequence[BestScene], media: Mapping[str, SceneMedia]) -> str:
    if not best:
        return ""
    items = "".join(_html_scene(one, media.get(one.scene_id)) for one in best)
    return f'<h2>{_BEST_TITLE}</h2><ol class="best">{items}</ol>'


def _html_scene(one: BestScene, media: SceneMedia | None) -> str:
    taken = f", {one.taken_at:%Y-%m-%d}" if one.taken_at is not None else ""
    shown = []
    if media is not None and media.picture is not None:
        shown.append(
            f'<img src="{_data_address("image/jpeg", media.picture)}" alt="{escape(one.name)}">'
        )
    if media is not None and media.clip is not None:
        shown.append(
            f'<video src="{_data_address("video/mp4", media.clip)}" autoplay loop muted playsinline'
            ' aria-label="The scene from around the camera"></video>'
        )
    pictures = f"<div>{''.join(shown)}</div>" if shown else ""
    return f"<li>{pictures}{escape(one.name)}: {one.score:.2f}{taken}</li>"


def _data_address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _html_table(head: tuple[str, ...], rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(f"<th>{name}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _facts(report: NightlyReport) -> list[tuple[str, str]]:
    photos = ", ".join(f"{count} {state}" for state, count in report.photos.items())
    sizes = ", ".join(f"{size_text(count)} {kind}" for kind, count in report.bytes.items())
    return [
        ("Library", report.library),
        ("Began", f"{report.started_at:%Y-%m-%d %H:%M}, took {time_text(report.seconds)}"),
        ("Photos", photos or "none"),
        ("On disk", sizes or "nothing"),
    ]


def _rows(report: NightlyReport) -> list[tuple[str, str, str]]:
    return [(step.name, _result(step), time_text(step.seconds)) for step in report.steps]


def _result(step: Step) -> str:
    if step.error is None:
        return step.summary
    return f"error: {step.error}" + (f" ({step.hint})" if step.hint else "")


def _problems(report: NightlyReport) -> list[tuple[str, list[PhotoProblem]]]:
    found = [("Photos that failed", report.failed), ("Damaged files", report.damaged)]
    return [(title, problems) for title, problems in found if problems]


def _more(problems: list[PhotoProblem]) -> list[str]:
    rest = len(problems) - _LISTED
    return ["", f"And {rest} more; the JSON lists them all."] if rest > 0 else []


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|").replace("<", "&lt;")

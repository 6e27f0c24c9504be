"""Tables as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from sharp_core.evaluation.report.tables import Table, metrics_table, motion_table
from sharp_core.evaluation.summary import DatasetSummary

ABOUT = (
    "aligned: the scene is scaled by the median of true depth / predicted depth. "
    "scale: the median of these factors."
)
ABOUT_PAPER = (
    "(paper): arXiv 2512.10685, tables 1, 5 and 7; its pairs and its LPIPS backbone are not known, "
    "so compare with care."
)


def text_report(summaries: Sequence[DatasetSummary]) -> str:
    """Return the tables of all data sets for a terminal."""
    parts = []
    for summary in summaries:
        parts.append(f"{summary.dataset}\n{_aligned(metrics_table(summary))}")
        parts += [f"  {note}" for note in summary.notes]
    return "\n".join(parts)


def markdown_report(summaries: Sequence[DatasetSummary], failures: Sequence[str]) -> str:
    """Return the report as Markdown: tables of metrics and of distances."""
    lines = ["# Evaluation", ""]
    for summary in summaries:
        lines += [f"## {summary.dataset}", "", *_markdown(metrics_table(summary)), "", ABOUT]
        if summary.paper:
            lines.append(ABOUT_PAPER)
        lines += ["", *(f"- {note}" for note in summary.notes)]
        lines += ["", "By the distance between the cameras:", "", *_markdown(motion_table(summary))]
        lines.append("")
    if failures:
        lines += ["## Failed", "", *(f"- {failure}" for failure in failures), ""]
    return "\n".join(lines)


def _aligned(table: Table) -> str:
    rows = [table.head, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.head))]
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _markdown(table: Table) -> list[str]:
    rule = ("---", *("---:" for _ in table.head[1:]))
    return [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in _with(table, rule)]


def _with(table: Table, rule: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [table.head, rule, *table.rows]


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")

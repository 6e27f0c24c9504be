from __future__ import annotations

from sharp_core.evaluation.report.text import markdown_report, text_report
from sharp_core.evaluation.summary import summarize
from tests.support.evaluation_results import two_methods


def test_the_terminal_shows_a_table_per_data_set() -> None:
    lines = text_report(summarize(two_methods("stereo-photos"))).splitlines()
    assert lines[0] == "stereo-photos"
    assert lines[1].split()[:2] == ["method", "pairs"]
    assert lines[2].split() == "small 2 22.00 - 0.5500 - 2.00 1.00 0.50".split()
    assert lines[3].split() == "flat 2 12.00 - 0.3000 - - - 0.50".split()
    assert len({len(line) for line in lines[1:4]}) <= 2


def test_markdown_has_the_papers_rows_distances_and_failures() -> None:
    text = markdown_report(summarize(two_methods("eth3d")), ["a.heic: unreadable: no"])
    assert "| small | 2 | 22.00 | - |" in text
    assert "| SHARP (paper) |  | 14.51 | 19.09 | 0.610 | 0.715 |" in text
    assert "| small | 5 to 10 cm | 1 | 20.00 ± 0.00 |" in text
    assert "arXiv 2512.10685" in text
    assert text.rstrip().endswith("- a.heic: unreadable: no")


def test_a_pipe_in_a_name_does_not_break_the_table() -> None:
    text = markdown_report(summarize(two_methods("x", first="a|b")), [])
    assert "| a\\|b | 2 |" in text

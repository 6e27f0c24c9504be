from __future__ import annotations

import re
from xml.etree import ElementTree

from sharp_core.evaluation.report.curve import motion_curve
from sharp_core.evaluation.summary import summarize
from tests.support.evaluation_results import two_methods


def test_each_method_has_a_line_and_better_lies_higher() -> None:
    (summary,) = summarize(two_methods("x"))
    drawing = ElementTree.fromstring(motion_curve(summary, "psnr"))
    lines = [part.get("d", "") for part in drawing.iter("path") if part.get("class") == "line"]
    assert len(lines) == 2
    small, flat = ([float(n) for n in re.findall(r"[\d.]+", line)] for line in lines)
    assert small[0] == flat[0] < small[2] == flat[2]  # x of the two distances
    assert small[1] < flat[1]  # y points down
    assert small[3] < small[1]  # 24 dB at the larger distance
    words = "".join(drawing.itertext())
    assert "5-10 cm" in words.replace(" to ", "-")


def test_one_distance_is_no_curve() -> None:
    (summary,) = summarize(two_methods("x")[::2])
    assert motion_curve(summary, "psnr") == ""
    assert motion_curve(summary, "dists") == ""

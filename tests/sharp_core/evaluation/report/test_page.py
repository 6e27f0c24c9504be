from __future__ import annotations

from html.parser import HTMLParser

from sharp_core.evaluation.report.page import MOST_PAIRS_SHOWN, html_report
from sharp_core.evaluation.summary import summarize
from tests.support.evaluation_results import two_methods

_WITHOUT_END = ("meta", "img", "path", "circle")


class Page(HTMLParser):
    """What a browser would load and show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _WITHOUT_END:
            self.open.append(tag)
        if tag == "img":
            self.images.append(str(dict(attrs)["src"]))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _WITHOUT_END:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page_of(dataset: str, failures: list[str], first: str = "small") -> Page:
    results = two_methods(dataset, first)
    return Page(html_report(summarize(results), results, failures))


def test_the_page_is_whole_and_shows_each_method_beside_the_target() -> None:
    page = page_of("eth3d", ["b.mpo: truncated: its end is missing"])
    assert page.open == []
    folder = "pictures/eth3d/0"
    names = ["target", "small-plain", "small-difference"]
    names += ["target", "flat-plain", "flat-difference"]
    assert page.images[:6] == [f"{folder}/{name}.webp" for name in names]
    assert len(page.images) == 12
    words = " ".join(page.words)
    assert "b.mpo: truncated" in words
    assert "SHARP (paper)" in words
    assert "640 x 480 px, 7.0 cm apart" in words


def test_methods_of_a_pair_have_the_order_of_the_table() -> None:
    results = two_methods("eth3d")[::-1]
    page = Page(html_report(summarize(results), results, []))
    assert [image.rpartition("/")[2] for image in page.images[1::3]][:2] == [
        "small-plain.webp",
        "flat-plain.webp",
    ]


def test_names_cannot_add_tags() -> None:
    page = page_of("x", ["<script>"], first="<b>bold</b>")
    assert page.open == []
    assert "<b>bold</b>" in page.words


def test_of_many_pairs_the_first_are_shown() -> None:
    results = [
        result
        for number in range(MOST_PAIRS_SHOWN)
        for result in two_methods("x", f"m{number}")[:1]
    ]
    many = [
        type(result)(**(result.as_dict() | {"pair": f"{number:03d}", "method": "m", "notes": ()}))
        for number, result in enumerate(results * 2)
    ]
    page = Page(html_report(summarize(many), many, []))
    assert f"{MOST_PAIRS_SHOWN} more pairs are not shown." in page.words

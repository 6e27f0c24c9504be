"""The keyboard on the pages: which keys a control takes for itself, and where the focus goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

USES = """async ([html, key]) => {
  const { usesKey } = await import("/static/keys.js");
  const element = document.createElement("div");
  element.innerHTML = html;
  return usesKey(element.firstChild, key);
}"""


@pytest.mark.parametrize(
    ("html", "used", "free"),
    [
        ("<input>", ["n", "Escape", "Home", "/"], []),
        ("<input type=search>", ["f", "ArrowLeft"], []),
        ("<input type=date>", ["1", "ArrowUp"], []),
        ("<textarea></textarea>", ["n", "Enter"], []),
        ("<select></select>", ["n", "ArrowDown"], []),
        ("<p contenteditable></p>", ["n"], []),
        ("<input type=range>", ["ArrowLeft", "Home", "PageUp"], ["n", "Escape", "f", "+"]),
        ("<input type=checkbox>", [" "], ["n", "ArrowLeft", "/"]),
        ("<button></button>", [" ", "Enter"], ["n", "ArrowLeft", "Escape"]),
        ("<a href=/></a>", [], ["n", " ", "ArrowLeft"]),
    ],
)
def test_a_control_uses_its_own_keys_alone(
    page: Page, address: str, html: str, used: list[str], free: list[str]
) -> None:
    page.goto(f"{address}/places")
    found = {key: page.evaluate(USES, [html, key]) for key in [*used, *free]}
    assert found == {key: key in used for key in [*used, *free]}

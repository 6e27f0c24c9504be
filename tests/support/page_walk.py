"""What a person reads and touches on a page, as its document holds it."""

from __future__ import annotations

from typing import Any, cast

from playwright.sync_api import Page

# Texts that were translated stand between these marks; what is no text of ours is in elements with
# the attribute translate="no". The viewer has its own texts, and a test of them.
_UNTRANSLATED = """() => {
    const isOurs = (element) => !element.closest(
        '[translate="no"], script, style, noscript, .viewer, .slideshow > :not(h1)');
    const rest = (text) => {
        for (let before = null; before !== text; ) {
            before = text;
            text = text.replace(/«[^«»]*»/g, "");
        }
        return text;
    };
    const letters = /\\p{L}{2}/u;
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (isOurs(parentElement) && letters.test(rest(data))) found.push(data.trim());
    }
    // Labels hold names of files too: a part of them is translated.
    for (const name of ["aria-label", "title", "placeholder"]) {
        for (const element of document.querySelectorAll(`[${name}]`)) {
            const text = element.getAttribute(name);
            if (isOurs(element) && letters.test(text) && !text.includes("«")) found.push(text);
        }
    }
    return found;
}"""
_SMALL_TARGETS = """(least) => {
    const found = [];
    const targets = document.querySelectorAll("a, button, input, select, summary");
    for (const target of targets) {
        const label = target.closest("label");
        const box = (label ?? target).getBoundingClientRect();
        if (!box.width || !target.checkVisibility({ visibilityProperty: true })) continue;
        const isInText = target.closest(".unseen, .skip, svg, p:not(.others)");
        if (isInText && !target.matches(".button, .chip, button")) continue;
        if (box.width < least - 0.5 || box.height < least - 0.5) {
            found.push(`${target.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`);
        }
    }
    return found;
}"""
LEAST_TARGET = 44  # pixels, each way
_OFF_MIDDLE = """(most) => {
    const found = [];
    for (const target of document.querySelectorAll("button, .button, .chip, summary")) {
        const words = [...target.childNodes].filter((node) => node.nodeValue?.trim());
        if (words.length !== 1 || target.children.length) continue;
        const range = document.createRange();
        range.selectNodeContents(words[0]);
        const [text, box] = [range.getBoundingClientRect(), target.getBoundingClientRect()];
        const off = (text.top + text.bottom - box.top - box.bottom) / 2;
        if (text.height && Math.abs(off) > most) found.push(`${target.outerHTML} ${off}`);
    }
    return found;
}"""
_MOST_OFF_MIDDLE = 3  # pixels
_COVERED_BY = """(above) => {
    const covers = [...document.querySelectorAll(above)].map((one) => one.getBoundingClientRect());
    return [...document.querySelectorAll(":is(main, .bar) :is(a, button, summary)")]
        .filter((one) => one.getClientRects().length && !one.closest(above))
        .filter((one) => {
            const box = one.getBoundingClientRect();
            return covers.some((cover) => box.left < cover.right && cover.left < box.right
                && box.top < cover.bottom && cover.top < box.bottom);
        })
        .map((one) => one.outerHTML.slice(0, 90));
}"""


def untranslated(page: Page) -> list[str]:
    """Return the texts of a page that were not translated."""
    return cast("list[str]", page.evaluate(_UNTRANSLATED))


def small_targets(page: Page) -> list[Any]:
    """Return what is too small for a finger, but for links within sentences."""
    return cast("list[Any]", page.evaluate(_SMALL_TARGETS, LEAST_TARGET))


def off_middle(page: Page) -> list[Any]:
    """Return the buttons of a page whose words are not in the middle of their height."""
    return cast("list[Any]", page.evaluate(_OFF_MIDDLE, _MOST_OFF_MIDDLE))


def covered_by(page: Page, above: str) -> list[Any]:
    """Return the links and buttons of a page that elements of a selector cover a part of."""
    return cast("list[Any]", page.evaluate(_COVERED_BY, above))

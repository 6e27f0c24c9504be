"""Walk through source files for the messages that they can give people.

A message is a text in a call of an error or an answer, a text that such a call names, or one that a
function of the file returns. What is put into it is numbered in braces: `f"{size} px"` is `{0} px`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

_CALLS = ("Error", "HTTPException", "_answer")


def messages_of(file: Path) -> Iterator[str]:
    """Yield the messages of a Python file."""
    tree = ast.parse(file.read_text())
    named = {
        target.id: text
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (text := _text(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _tells_people(node.func):
            for value in node.args:
                text = _text(value) or (
                    named.get(value.id, "") if isinstance(value, ast.Name) else ""
                )
                if _is_prose(text):
                    yield text
        elif isinstance(node, ast.Return) and node.value is not None:
            texts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            yield from (text for text in map(_text, texts) if _is_prose(text, 3))


def _tells_people(called: ast.expr) -> bool:
    """Tell whether a call is of one of our errors; Python's own ones are for programmers."""
    name: str = getattr(called, "id", "") or getattr(called, "attr", "")
    return name.endswith(_CALLS) and not hasattr(builtins, name)


def _text(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else ""
    if not isinstance(value, ast.JoinedStr):
        return ""
    parts, number = [], 0
    for part in value.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            parts.append(f"{{{number}}}")
            number += 1
    return "".join(parts)


def _is_prose(text: str, least: int = 2) -> bool:
    """Tell a sentence from a name, a path or a number: it has some words."""
    words = [word for word in text.split() if word.strip(".,:;'\"").isalpha()]
    return len(words) >= least

"""What Ray's errors say, in a line."""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    """Return what an error says, without the story behind it."""
    return str(error).strip().partition("\n")[0]


def error_text(error: BaseException) -> str:
    """Return what an error is; where Ray passes on the whole story of another one, that one."""
    text = str(error).strip()
    if "Traceback" in text:
        return text.splitlines()[-1]
    return f"{type(error).__name__}: {first_line(error)}"

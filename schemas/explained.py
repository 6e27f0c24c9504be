"""Enums whose members carry an explanation, so that pages and help say the same everywhere."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Self


class ExplainedStr(StrEnum):
    """Members are written as `NAME = "value", "explanation"`. They are plain texts otherwise."""

    explanation: str

    def __new__(cls, value: str, explanation: str) -> Self:
        """Make a member that equals its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.explanation = explanation
        return member

    @classmethod
    def explain(cls, value: str | None) -> str:
        """Return the explanation of a value, or "" for None and for values of other versions."""
        return next((member.explanation for member in cls if member.value == value), "")


class ExplainedInt(IntEnum):
    """Members are written as `NAME = value, "explanation"`. They are plain numbers otherwise."""

    explanation: str

    def __new__(cls, value: int, explanation: str) -> Self:
        """Make a member that equals its value."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.explanation = explanation
        return member

"""The page of exit codes, and of the reasons, sources and flags that records hold."""

from __future__ import annotations

from docs_reference.markdown import code, plain, table
from schemas.context import ContextSource
from schemas.errors import ExitCode
from schemas.explained import ExplainedInt, ExplainedStr
from schemas.groups import GroupKind
from schemas.quality import QualityFlag
from schemas.reasons import FailureReason, SkipReason
from schemas.records import FocalSource, ScaleSource

_HEAD = """# Exit codes, reasons, sources, flags

Made from the code. Exit codes and names never change their meaning.

"""
_SECTIONS: tuple[tuple[str, str, str, type[ExplainedStr] | type[ExplainedInt]], ...] = (
    ("Exit codes", "exit-codes", "exit code", ExitCode),
    ("Why a photo failed", "failed", "failed: reason", FailureReason),
    ("Why a file was skipped", "skipped", "skipped: reason", SkipReason),
    ("Flags", "flags", "flag", QualityFlag),
    ("Sources of the focal length", "focal", "focal_source", FocalSource),
    ("Sources of the scale", "scale", "scale_source", ScaleSource),
    ("Groups of photos", "groups", "group_kind", GroupKind),
    ("Sources of ratings, names and albums", "context", "source", ContextSource),
)


def codes_page() -> str:
    """Return the page in Markdown."""
    return _HEAD + "".join(
        f"## {title} {{#{anchor}}}\n\n"
        + table([name, "meaning"], ([code(m.value), plain(m.explanation)] for m in members))
        for title, anchor, name, members in _SECTIONS
    )

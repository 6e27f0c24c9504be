"""The one tree of errors: they cross processes whole, and each ends a command with its code."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

from schemas import errors
from schemas.errors import (
    DownloadError,
    ExitCode,
    FormatError,
    HeifError,
    MissingToolError,
    OutOfTime,
    PhotoError,
    SharpBatchError,
    SourceError,
    UsageError,
    WeightsDamagedError,
)
from schemas.reasons import FailureReason

_ROOT = Path(errors.__file__).parents[1]
_KNOWN = {name for name, value in vars(errors).items() if isinstance(value, type)}
_BASES = {"Exception", "BaseException", "ValueError", "RuntimeError", "OSError"} | {
    name for name in _KNOWN if name.endswith("Error")
}


@pytest.mark.parametrize(
    "error",
    [
        UsageError("no such photo", "look again"),
        DownloadError("the line broke"),
        MissingToolError("pip install av"),
        PhotoError(FailureReason.TRUNCATED, "cut off"),
        SourceError(FailureReason.UNREADABLE, "gone"),
        FormatError("it is cut short"),
        HeifError("no HEIF file"),
        OutOfTime(2.5),
    ],
)
def test_an_error_survives_the_way_between_processes(error: BaseException) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), ExitCode.USAGE),
        (WeightsDamagedError("x"), ExitCode.NO_WEIGHTS),
        (DownloadError("x"), ExitCode.NO_WEIGHTS),
        (MissingToolError("x"), ExitCode.SOME_FAILED),
        (FormatError("x"), ExitCode.SOME_FAILED),
    ],
)
def test_the_kind_of_an_error_decides_the_exit_code(error: SharpBatchError, code: ExitCode) -> None:
    assert error.exit_code is code


def test_no_other_module_defines_errors_that_others_catch() -> None:
    """Errors with a leading underscore never leave their module, so they may stay there."""
    found = []
    for package in ("sharp_core", "pipeline", "jobs"):
        for path in (_ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                    if bases & _BASES:
                        found.append(f"{path.relative_to(_ROOT)}: {node.name}")
    assert found == []

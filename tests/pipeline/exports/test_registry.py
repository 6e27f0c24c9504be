"""The kinds that can be exported, without making any."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.exports.registry import KINDS, check_kinds, is_possible, kind_named
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from sharp_core.formats.registry import FORMATS


def test_every_format_that_can_be_written_is_a_kind() -> None:
    assert {entry.name for entry in FORMATS if entry.write is not None} <= set(KINDS.names)


def test_kinds_use_settings_that_there_are() -> None:
    known = ExportSettings.__dataclass_fields__
    assert all(name in known for kind in KINDS for name in kind.uses)


def test_a_kind_that_nobody_knows_is_told_with_the_choices() -> None:
    with pytest.raises(UsageError, match="--kind hologram: there is no such export") as caught:
        check_kinds(["sbs", "hologram"])
    assert "spatial-heic" in caught.value.hint


def test_a_kind_without_its_encoder_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert not is_possible(kind_named("mp4"))
    assert is_possible(kind_named("webp"))
    with pytest.raises(UsageError, match=r"--kind mp4 .*pip install av"):
        check_kinds(["webp", "mp4"])


def test_reading_the_registry_imports_nothing_heavy() -> None:
    program = (
        "import sys; from pipeline.exports.registry import KINDS; KINDS.labels; "
        "heavy = ('torch', 'numba', 'av', 'numpy', 'PIL', 'pyarrow', 'sqlalchemy', 'ray'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"

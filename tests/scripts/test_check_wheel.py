"""What the check of the wheel finds: files that are missing, and those that do not belong there."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("check_wheel")


def wheel_of(folder: Path, names: list[str]) -> Path:
    wheel = folder / "one.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return wheel


def test_a_wheel_has_the_files_of_the_repository_and_no_others(script, tmp_path):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *script.PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = listed.stdout.splitlines()
    script.check_content(wheel_of(tmp_path, [*files, "sharp_batch-1.dist-info/RECORD"]))
    weights = "sharp_core/models/small/weights.safetensors"
    with pytest.raises(script.Wrong, match=f"lacks {weights}"):
        script.check_content(wheel_of(tmp_path, [name for name in files if name != weights]))
    with pytest.raises(script.Wrong, match=r"does not: jobs/secret\.txt"):
        script.check_content(wheel_of(tmp_path, [*files, "jobs/secret.txt"]))


def test_a_document_is_read_as_soon_as_it_is_whole(script):
    lines = iter(io.StringIO('{\n"address": "http://x"\n}\nnever read'))
    assert json.loads(script._document(lines)) == {"address": "http://x"}
    assert next(lines) == "never read"
    with pytest.raises(script.Wrong, match="has ended: no"):
        script._document(iter(["no"]))

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path

import pytest

from pipeline.scenes import page as scene_page
from pipeline.scenes.page import ViewerStart, bundle_file, write_scene_page
from schemas.errors import RunError
from tests.support.paths import ROOT

VIEW = ViewerStart('a "photo" <of> & -->', 600, 400, 512.5)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> str:
    files = {"viewer.js": b"let a = 1;", "viewer.css": b"a{}", "LICENSES.txt": b"MIT -- --> x"}
    monkeypatch.setattr(scene_page, "bundle_file", files.__getitem__)
    out = io.BytesIO()
    write_scene_page(out, VIEW, b"scene's bytes", b"poster's bytes")
    return out.getvalue().decode()


def test_the_page_holds_everything_and_names_no_other_place(page: str) -> None:
    found = re.search(r'<script id="scene"[^>]*>\s*(\S+)\s*</script>', page)
    assert found
    assert base64.b64decode(found[1]) == b"scene's bytes"
    assert base64.b64encode(b"poster's bytes").decode() in page
    assert "http" not in page.replace("http-equiv", "")


def test_only_the_viewer_may_run(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    script = re.search(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy
    assert script
    assert style
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    for text in (script[1], style[1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]


def test_titles_and_licences_are_text(page: str) -> None:
    assert "<title>a &quot;photo&quot; &lt;of&gt; &amp; --&gt;</title>" in page
    assert page.count("-->") == 1


def test_a_viewer_that_is_not_built_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scene_page.resources, "files", lambda _: tmp_path)
    with pytest.raises(RunError, match="not built") as caught:
        bundle_file("viewer.js")
    assert "scripts/build_viewer" in caught.value.hint


def test_the_viewer_in_the_package_is_built_of_its_sources() -> None:
    viewer, built = ROOT / "viewer", ROOT / "pipeline" / "viewer_bundle"
    lines = (built / "SOURCES.sha256").read_text().splitlines()
    stated = {name: digest for digest, name in (line.split("  ") for line in lines)}
    own = {f"src/{path.name}" for path in (viewer / "src").iterdir()}
    assert own | {"build.mjs", "package-lock.json"} <= set(stated)
    changed = {
        name
        for name, digest in stated.items()
        if hashlib.sha256((viewer / name).read_bytes()).hexdigest() != digest
    }
    assert not changed, "run ./scripts/build_viewer"
    assert (built / "viewer.js").is_file()

"""Adds the pages that are made from the code to the documentation: a hook of MkDocs.

`mkdocs build` and `mkdocs serve` call it, so that these pages are never older than the code.
"""

from __future__ import annotations

from pathlib import Path

from docs_reference import PAGES
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
# Pages that lie beside what they are about.
_ELSEWHERE = {
    "changelog.md": _ROOT / "CHANGELOG.md",
    "explanation/model-card.md": _ROOT / "sharp_core" / "models" / "small" / "MODEL_CARD.md",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the files of the documentation with the generated ones."""
    for path, make in PAGES.items():
        files.append(File.generated(config, path, content=make()))
    for path, source in _ELSEWHERE.items():
        files.append(File.generated(config, path, abs_src_path=str(source)))
    return files

"""The sample photos are there, each with a licence."""

from __future__ import annotations

from pipeline.scan.samples import sample_photos


def test_each_sample_is_named_with_its_licence() -> None:
    readme = (sample_photos() / "README.md").read_text()
    photos = {path.name for path in sample_photos().iterdir()} - {"README.md"}
    assert len(photos) == 6
    assert [name for name in photos if f"| `{name}` |" not in readme] == []

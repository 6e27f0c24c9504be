from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.scan.scan import scan
from pipeline.scan.sidecars import find_sidecars


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(name)


def pairs(folder: Path, *sources: Path) -> dict[str, list[str]]:
    """Return the sidecars that a scan finds of each photo, by name."""
    return {
        Path(file.path).name: [Path(sidecar.path).name for sidecar in file.context]
        for file in scan(sources or [folder]).files
        if not file.path.lower().endswith(".xmp")
    }


@pytest.mark.parametrize("sidecar", ["a.xmp", "a.XMP", "a.jpg.xmp", "a.jpg.XMP"])
def test_a_sidecar_belongs_to_the_photo_of_its_name(tmp_path: Path, sidecar: str) -> None:
    make(tmp_path, "a.jpg", "b.jpg", sidecar)
    assert pairs(tmp_path) == {"a.jpg": [sidecar], "b.jpg": []}


def test_one_sidecar_may_belong_to_several_photos(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a.cr3", "a.xmp")
    assert pairs(tmp_path) == {"a.jpg": ["a.xmp"], "a.cr3": ["a.xmp"]}


def test_of_several_the_one_with_the_photos_ending_counts(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a.cr3", "a.jpg.xmp", "a.xmp")
    assert pairs(tmp_path) == {"a.jpg": ["a.jpg.xmp"], "a.cr3": ["a.xmp"]}
    (found,) = find_sidecars(str(tmp_path / "a.jpg"))
    assert Path(found.path).name == "a.jpg.xmp"


def test_a_photo_that_is_named_alone_has_its_sidecar_too(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a.xmp")
    assert pairs(tmp_path, tmp_path / "a.jpg") == {"a.jpg": ["a.xmp"]}


def test_a_sidecar_has_its_size_and_time(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a.xmp")
    (sidecar,) = next(file for file in scan([tmp_path]).files if file.context).context
    stat = (tmp_path / "a.xmp").stat()
    assert (sidecar.size, sidecar.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    assert find_sidecars(str((tmp_path / "a.jpg").resolve())) == (sidecar,)

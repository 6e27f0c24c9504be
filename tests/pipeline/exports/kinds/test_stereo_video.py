from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av

from tests.support.made_photos import make_photo
from tests.support.small_exports import QUICK, manifest, run
from tests.support.trivial_model import ingest


def test_both_layouts_are_written_and_say_what_they_are(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    settings = replace(QUICK, kinds=("sbs", "sbs-mp4", "tb-mp4"))
    report = run(tmp_path / "library", tmp_path / "out", settings)
    assert (report.files, report.failed) == (3, 0)
    assert "near_m" in manifest(tmp_path / "out")["one_LRF_Full_SBS.jpg"]["facts"]
    shapes = []
    for name in ("one_LRF_Full_SBS.mp4", "one_TBF_fulltb.mp4"):
        line = manifest(tmp_path / "out")[name]
        assert line["settings"]["seconds"] == 0.2
        assert line["facts"].keys() == {"baseline_mm", "screen_m", "zoom"}
        data = (tmp_path / "out" / name).read_bytes()
        assert b"st3d" in data
        with av.open(str(tmp_path / "out" / name)) as file:
            frames = list(file.decode(video=0))
            shapes.append((frames[0].width, frames[0].height))
            assert len(frames) == 6
            assert any("STEREO3D" in str(entry.type) for entry in frames[0].side_data)
    (wide, _), (_, tall) = shapes
    assert wide == 128
    assert tall == 2 * shapes[0][1]

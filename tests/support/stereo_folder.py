"""A folder with the stereo pair in every kind of file, and files that are none."""

from __future__ import annotations

from pathlib import Path

from sharp_core.spatial.jpeg_stereo import with_jps_marker
from tests.support.stereo_scene import FOCAL_35MM, heic_bytes, jpeg, mpo_bytes, sbs_image, true_pair


def make_stereo_folder(folder: Path) -> Path:
    """Return the folder: four stereo photos, two of them without a baseline, and a plain photo."""
    (folder / "trip").mkdir(parents=True)
    (folder / "spatial.heic").write_bytes(heic_bytes())
    (folder / "trip" / "camera.mpo").write_bytes(mpo_bytes(shift_px=12))
    (folder / "trip" / "old.jps").write_bytes(with_jps_marker(jpeg(sbs_image(crossed=True))))
    (folder / "garden_LRF_Full_SBS.jpg").write_bytes(jpeg(sbs_image(), FOCAL_35MM))
    (folder / "plain.jpg").write_bytes(jpeg(true_pair().left))
    (folder / "notes.txt").write_text("no photo")
    return folder

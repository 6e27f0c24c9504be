"""How often flags of photos are right, and how well scores of scenes agree with ratings by eye.

    python scripts/measure_quality.py FOLDER... [--scenes]

The labels are in tests/data/quality; the photos are found in the folders by their ids. With
--scenes, each rated photo becomes a scene of the model `small` first: some 2 s of one core each.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.decode.decode import decode
from pipeline.flow.photo_look import look_at_photo
from pipeline.metadata.focal import resolve_focal
from pipeline.metadata.read import read_metadata
from pipeline.scan.identify import photo_id_of
from pipeline.scan.media_type import HEADER_BYTES, media_type
from schemas.quality import QualityFlag
from schemas.records import PhotoFile, PhotoLook

LABELS = Path(__file__).resolve().parents[1] / "tests" / "data" / "quality"
RATINGS = ("poor", "fair", "good")
Values = npt.NDArray[np.float64]


class Labelled(NamedTuple):
    """What a person saw on a photo."""

    name: str
    flags: frozenset[str]
    unsure: frozenset[str]


class OpenedPhoto(NamedTuple):
    """A photo as a run decodes it."""

    look: PhotoLook
    pixels: npt.NDArray[np.uint8]
    focal_px: float


def main() -> None:
    """Print a line for each flag, and the agreement of scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--scenes", action="store_true", help="also make and score scenes")
    options = parser.parse_args()
    paths = find_photos(options.folders)
    measure_flags(paths)
    if options.scenes:
        measure_scores(paths)


def find_photos(folders: Iterable[Path]) -> dict[str, Path]:
    """Return the files of the folders by their photo ids."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {photo_id_of(path.read_bytes()): path for path in files}


def read_rows(name: str) -> list[dict[str, str]]:
    with (LABELS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def open_photo(path: Path, name: str) -> OpenedPhoto:
    data = path.read_bytes()
    kind = media_type(data[:HEADER_BYTES], path.suffix)
    meta = read_metadata(data, kind)
    pixels = decode(data, kind, meta.orientation)
    height, width = pixels.shape[:2]
    # Under the name that it had where it was found: names count.
    file = PhotoFile(photo_id_of(data), name, len(data), 0, kind)
    focal = resolve_focal(meta.focal, width, height, None)
    return OpenedPhoto(look_at_photo(file, meta, pixels), pixels, focal.px)


def measure_flags(paths: dict[str, Path]) -> None:
    """Print precision and recall of each flag over the labelled photos that are there."""
    rows = read_rows("photo_flags.csv")
    found: list[tuple[Labelled, frozenset[str]]] = []
    for row in rows:
        if row["photo_id"] not in paths:
            continue
        name = row["source"].rpartition(":")[2]
        label = Labelled(name, *(frozenset(row[key].split()) for key in ("flags", "unsure")))
        look = open_photo(paths[row["photo_id"]], name).look
        found.append((label, frozenset(flag.value for flag in look.flags)))
    print(f"{len(found)} of {len(rows)} labelled photos were found")
    for flag in QualityFlag:
        if flag is QualityFlag.FLAT:
            continue
        right = [label.name for label, flags in found if flag in flags and flag in label.flags]
        wrong = [
            label.name
            for label, flags in found
            if flag in flags and flag not in label.flags | label.unsure
        ]
        missed = [label.name for label, flags in found if flag not in flags and flag in label.flags]
        precision = len(right) / max(1, len(right) + len(wrong))
        recall = len(right) / max(1, len(right) + len(missed))
        print(
            f"{flag:12} right {len(right):3} wrong {len(wrong):3} missed {len(missed):3}  "
            f"precision {precision:.2f} recall {recall:.2f}"
        )
        for what, names in (("wrong", wrong), ("missed", missed)):
            if names:
                print(f"    {what}: {', '.join(Path(name).name for name in names)}")


def measure_scores(paths: dict[str, Path]) -> None:
    """Print how well scores agree with ratings, for the tuned and the held out scenes."""
    from sharp_core.models.interface import PredictorInput
    from sharp_core.models.small.predictor import SmallPredictor
    from sharp_core.quality.coarse_scene import coarse_scene
    from sharp_core.quality.score import score_of_scene

    predictor = SmallPredictor()
    rows = [row for row in read_rows("scene_ratings.csv") if row["photo_id"] in paths]
    names = {row["photo_id"]: row["source"] for row in read_rows("photo_flags.csv")}
    scores = []
    for row in rows:
        name = names[row["photo_id"]].rpartition(":")[2]
        photo = open_photo(paths[row["photo_id"]], name)
        (scene,) = predictor.predict([PredictorInput(photo.pixels, photo.focal_px)])
        width = photo.pixels.shape[1]
        found = score_of_scene(coarse_scene(scene), photo.look, photo.focal_px, width)
        scores.append(found.score)
        print(f"{found.score:.3f} {row['rating']:4} {Path(name).name}", flush=True)
    for group in ("tuned", "held_out"):
        chosen = [index for index, row in enumerate(rows) if row["set"] == group]
        ratings = np.array([RATINGS.index(rows[index]["rating"]) for index in chosen], float)
        values = np.array([scores[index] for index in chosen])
        print(
            f"{group}: {len(chosen)} scenes, Spearman {spearman(values, ratings):.2f}, "
            f"good above poor {pairs_in_order(values[ratings == 2], values[ratings == 0]):.2f}"
        )


def ranks(values: Values) -> Values:
    """Return ranks; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return (ends - (counts - 1) / 2)[place].astype(np.float64)


def spearman(first: Values, second: Values) -> float:
    """Return Spearman's rank correlation."""
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def pairs_in_order(high: Values, low: Values) -> float:
    """Return the share of pairs in which the first is above the second, ties half."""
    above = (high[:, None] > low[None]).mean() + 0.5 * (high[:, None] == low[None]).mean()
    return float(above)


if __name__ == "__main__":
    main()

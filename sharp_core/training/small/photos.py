"""Photos with depth labels: where they lie and how their values are read.

A folder holds `photos/NAME.jpg`, `labels/NAME.png` (16 bit, relative inverse depth),
`classes/NAME.png` (8 bit, half the size, classes of ADE20K) and, for validation,
`truth/NAME.jpg` with `truth/NAME.npz` (`inv`, `mask`). `sources.json`, if there, names each photo's
origin.
"""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sharp_core.models.small.config import GROUND, OTHER, PERSON, SKY
from sharp_core.training.small.duplicates import with_twins

# Stored value -> relative inverse depth: value / 128 / 511 * 1.4 - 0.1.
_LABEL_SCALE = 1.4 / (128 * 511)
_LABEL_SHIFT = -0.1

# Classes of the label files. Ground is what a standing person's feet, or a boat, could rest on:
# floor, road, grass, sidewalk, earth, water, sea, rug, field. Water counts, because it is as
# level as a floor and as useful for finding the horizon. A ceiling is other, not sky.
_GROUND_LABELS = (4, 7, 10, 12, 14, 22, 27, 29, 30)
_SKY_LABEL = 3
_PERSON_LABEL = 13

# The labels know no animals and call most of them persons. Photos of ImageNet name their WordNet
# number, in whose order birds, reptiles, insects and mammals lie between these two. (Fish come
# before: people hold them into the camera.)
_FIRST_ANIMAL, _AFTER_ANIMALS = 1_514_859, 2_666_196
_WORDNET_NUMBER = re.compile(r"\bn(\d{8})_")

# One photo of this many is kept for validation, chosen by its name's hash.
_HELD_OUT_OF = 30


@dataclass(frozen=True)
class LabelledPhoto:
    """The files of one photo."""

    photo: Path
    label: Path
    classes: Path
    animal: bool = False
    """The photo is known to show an animal, which its class labels take for a person."""


@dataclass(frozen=True)
class MeasuredPhoto:
    """A photo with measured depth."""

    photo: Path
    truth: Path


@dataclass(frozen=True)
class PhotoSet:
    """What is in a folder of training photos."""

    training: tuple[LabelledPhoto, ...]
    held_out: tuple[LabelledPhoto, ...]
    measured: tuple[MeasuredPhoto, ...]


def find_photos(folder: Path) -> PhotoSet:
    """List the photos of `folder`; which are held out depends on their names alone."""
    training: list[LabelledPhoto] = []
    held_out: list[LabelledPhoto] = []
    animals = _animals(folder / "sources.json")
    for photo in sorted((folder / "photos").glob("*.jpg")):
        label = folder / "labels" / f"{photo.stem}.png"
        classes = folder / "classes" / f"{photo.stem}.png"
        if not label.exists() or not classes.exists():
            raise FileNotFoundError(f"{photo}: expected {label} and {classes}; add both files")
        chosen = held_out if _is_held_out(photo.stem) else training
        chosen.append(LabelledPhoto(photo, label, classes, photo.name in animals))
    if not training:
        raise FileNotFoundError(f"{folder / 'photos'}: expected photos as *.jpg, found none")
    truths = sorted((folder / "truth").glob("*.npz"))
    measured = tuple(MeasuredPhoto(truth.with_suffix(".jpg"), truth) for truth in truths)
    return PhotoSet(tuple(training), tuple(held_out), measured)


def without_twins(photos: PhotoSet) -> PhotoSet:
    """Drop training photos that show the same as a photo for validation; reads all photos."""
    validation = [p.photo for p in photos.held_out] + [p.photo for p in photos.measured]
    twins = with_twins([p.photo for p in photos.training], validation)
    return replace(photos, training=tuple(p for p in photos.training if p.photo not in twins))


def _animals(sources: Path) -> set[str]:
    """Return the names of photos whose origin says that they show an animal."""
    if not sources.exists():
        return set()
    names = set()
    for entry in json.loads(sources.read_text(encoding="utf-8")):
        number = _WORDNET_NUMBER.search(entry["path"])
        if number and _FIRST_ANIMAL <= int(number.group(1)) < _AFTER_ANIMALS:
            names.add(entry["name"])
    return names


def _is_held_out(name: str) -> bool:
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") % _HELD_OUT_OF == 0


def read_label(path: Path) -> NDArray[np.float32]:
    """Return relative inverse depth (H, W): about 0 far, about 1 near."""
    with Image.open(path) as image:
        values = np.asarray(image, dtype=np.float32)
    return values * np.float32(_LABEL_SCALE) + np.float32(_LABEL_SHIFT)


def read_classes(files: LabelledPhoto) -> NDArray[np.uint8]:
    """Return indices of `config.CLASS_NAMES` (H, W)."""
    with Image.open(files.classes) as image:
        stored = np.asarray(image, dtype=np.uint8)
    merged = _class_table()[stored]
    if files.animal:
        merged[merged == PERSON] = OTHER
    return merged


def _class_table() -> NDArray[np.uint8]:
    table = np.full(256, OTHER, dtype=np.uint8)
    table[_SKY_LABEL] = SKY
    table[_PERSON_LABEL] = PERSON
    table[list(_GROUND_LABELS)] = GROUND
    return table

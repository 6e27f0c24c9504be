"""Which scene a photo shows: the better model's, by the more trusted focal length, the newer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.catalog.filters import Filters
from pipeline.catalog.photo_details import photo_details
from pipeline.catalog.query import find
from pipeline.catalog.writer import CatalogWriter
from schemas.outcomes import Done
from schemas.records import FocalLength, FocalSource, PhotoRecord
from schemas.user_focals import FocalChange, UserFocalSource
from tests.support.library_of_records import EXIF_FOCAL, RUN, done, new_catalog, photo_file

FILE = photo_file("a.jpg")
FORGET = FocalChange.asked_for(None, UserFocalSource.FLAG, forget=True)
GUESS = FocalLength(2500.0, FocalSource.EXIF_MM_GUESS)


def by_user(focal_35mm: float, model: str = "small") -> Done:
    """Return the scene that a run with --focal-35mm makes."""
    focal = FocalLength(focal_35mm * 115.56, FocalSource.USER)
    return done(replace(FILE, set_focal_35mm=focal_35mm), model=model, focal=focal)


def by_photo(focal: FocalLength = EXIF_FOCAL, model: str = "small") -> Done:
    return done(FILE, model=model, focal=focal)


def shown(catalog: CatalogWriter) -> PhotoRecord:
    with catalog.engine.connect() as reader:
        (record,) = find(reader, Filters())
    return record


def library(tmp_path: Path, url: str | None) -> CatalogWriter:
    catalog = new_catalog(tmp_path, url)
    catalog.add_found([(FILE, None)])
    return catalog


def change(catalog: CatalogWriter, change: FocalChange) -> None:
    catalog.change_user_focals([FILE.photo_id], change)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (by_photo(GUESS, "sharp"), by_user(50.0)),
        (by_user(50.0), by_photo()),
        (by_photo(), by_photo(GUESS)),
    ],
    ids=["the better model", "what a person has set", "what EXIF says against a guess"],
)
@pytest.mark.parametrize("is_first", [True, False], ids=["made first", "made last"])
def test_the_better_scene_is_shown_whichever_came_first(
    tmp_path: Path, catalog_url: str | None, better: Done, worse: Done, is_first: bool
) -> None:
    with library(tmp_path, catalog_url) as catalog:
        change(catalog, FocalChange(50.0))
        for outcome in (better, worse) if is_first else (worse, better):
            catalog.record(outcome, RUN)
        assert shown(catalog).scene_id == better.scene.scene_id


def test_of_two_equally_good_scenes_the_newer_is_shown(
    tmp_path: Path, catalog_url: str | None
) -> None:
    newer = by_photo(FocalLength(3100.0, FocalSource.EXIF_35MM))
    with library(tmp_path, catalog_url) as catalog:
        catalog.record(by_photo(), RUN)
        catalog.record(newer, RUN)
        assert shown(catalog).scene_id == newer.scene.scene_id


def test_what_a_person_wants_now_counts_and_not_what_was_set_before(
    tmp_path: Path, catalog_url: str | None
) -> None:
    with library(tmp_path, catalog_url) as catalog:
        for outcome in (by_photo(), by_user(50.0), by_user(35.0)):
            catalog.record(outcome, RUN)
        for asked, expected in (
            (FocalChange(50.0), by_user(50.0)),
            (FocalChange(35.0), by_user(35.0)),
            (FORGET, by_photo()),
        ):
            change(catalog, asked)
            record = shown(catalog)
            assert record.scene_id == expected.scene.scene_id
            # The focal length is that of the scene that is shown.
            assert record.focal_px == expected.photo.focal.px
            assert record.focal_source == expected.photo.focal.source
            with catalog.engine.connect() as reader:
                details = photo_details(reader, FILE.photo_id, tmp_path)
            assert details["focal_px"] == expected.photo.focal.px


def test_a_flag_counts_more_than_a_rule_and_a_rule_more_than_a_sidecar(
    tmp_path: Path, catalog_url: str | None
) -> None:
    rule = UserFocalSource.FOLDER_RULE
    with library(tmp_path, catalog_url) as catalog:
        for focal_35mm in (50.0, 35.0):
            catalog.record(by_user(focal_35mm), RUN)
        change(catalog, FocalChange(24.0, UserFocalSource.SIDECAR))
        change(catalog, FocalChange(35.0, rule))
        assert shown(catalog).scene_id == by_user(35.0).scene.scene_id
        change(catalog, FocalChange(50.0))
        assert shown(catalog).scene_id == by_user(50.0).scene.scene_id
        change(catalog, FocalChange.asked_for(None, rule, forget=False))  # the rule is gone
        assert shown(catalog).scene_id == by_user(50.0).scene.scene_id

"""Options, keys and web pages have the names and defaults that the settings have, and no others."""

from __future__ import annotations

import re
from dataclasses import MISSING
from typing import Any

import pytest
import typer.main

from jobs.cli import make_command_line
from jobs.gallery.address import WEB_FILTERS, read_view
from jobs.nightly import config as nightly
from jobs.nightly.config_file import all_keys
from pipeline.catalog.filters import Filters, filter_fields
from schemas.errors import UsageError
from schemas.execution_settings import DeadlineSettings, RunnerSettings, SceneLimit, StageLimits
from schemas.export_settings import (
    EYE_DISTANCE_MM,
    ExportSettings,
    PreviewSettings,
    RenderFileSettings,
)
from schemas.monitoring_settings import HookSettings, MetricsSettings
from schemas.setting_fields import SettingField, from_recorded, setting_fields
from schemas.settings import (
    IngestSettings,
    ModelSettings,
    PhotoSettings,
    SplatSettings,
    VerifySettings,
)
from sharp_core.views.comfort import ComfortSettings
from tests.support.paths import ROOT

RUN = (RunnerSettings, DeadlineSettings, SceneLimit, HookSettings, MetricsSettings)
GROUPS = {
    "ingest": (
        *(IngestSettings, ModelSettings, PhotoSettings, SplatSettings),
        *(RunnerSettings, DeadlineSettings, StageLimits, HookSettings, MetricsSettings),
    ),
    "preview": (PreviewSettings, Filters, *RUN),
    "export": (ExportSettings, Filters, *RUN),
    "convert": (Filters, *RUN),
    "query": (Filters,),
    "predict": (ModelSettings,),
    "verify": (VerifySettings,),
    "render": (RenderFileSettings,),
}
TABLES = {
    nightly.Model: (ModelSettings, RunnerSettings),
    nightly.Scenes: (PhotoSettings, SplatSettings),
    nightly.Previews: (PreviewSettings,),
    nightly.Export: (ExportSettings,),
    nightly.Window: (DeadlineSettings,),
    nightly.Metrics: (MetricsSettings,),
    HookSettings: (HookSettings,),
    Filters: (Filters,),
}
COMMANDS = typer.main.get_command(make_command_line()).commands


def options_of(command: str) -> dict[str, Any]:
    return {option: one for one in COMMANDS[command].params for option in one.opts}


def default_of(field: SettingField) -> object:
    """Return a field's default as an option has it."""
    if field.is_switched_off:
        return False
    if field.default is MISSING:
        return []
    return list(field.default) if isinstance(field.default, tuple) else field.default


@pytest.mark.parametrize(
    ("command", "group"), [(command, group) for command in GROUPS for group in GROUPS[command]]
)
def test_options_have_the_defaults_of_settings(command: str, group: type) -> None:
    options = options_of(command)
    for field in setting_fields(group):
        option = options[field.option]
        assert (option.default or None) == (default_of(field) or None), field.option
        assert option.help.startswith(field.setting.help_off or field.setting.help.split("{")[0])


@pytest.mark.parametrize(
    ("table", "group"), [(table, group) for table in TABLES for group in TABLES[table]]
)
def test_keys_have_the_defaults_of_settings(table: type, group: type) -> None:
    keys = all_keys(table)
    for field in setting_fields(group):
        if not field.setting.is_lasting:
            assert field.key not in keys
            continue
        assert keys[field.key].default == field.default, field.key
        assert keys[field.key].setting.help == field.setting.help


@pytest.mark.parametrize("command", ["query", "preview", "export", "convert"])
def test_every_command_that_works_on_a_selection_has_all_filters(command: str) -> None:
    assert {field.option for field in filter_fields()} <= set(options_of(command))


def test_addresses_have_all_filters_but_sql_and_what_pages_choose() -> None:
    names = {field.name for field in filter_fields()}
    assert names - set(WEB_FILTERS) == {
        "state",
        "path",
        "listed_in",
        "where",
        "order",
        "limit",
    }
    allowed = {"camera": "x", "after": "2020", "near": "1,2,3"}
    view = read_view({**allowed, "where": "1 = 1", "path": "*"})
    assert view.filters.where is view.filters.path is None
    assert view.texts == allowed


def test_wrong_filters_of_an_address_are_told_by_the_name_on_the_page() -> None:
    with pytest.raises(UsageError, match=r"^Taken from 'soon' is not a time"):
        read_view({"after": "soon"})


@pytest.mark.parametrize("command", GROUPS)
def test_help_names_choices_where_it_has_a_place_for_them(command: str) -> None:
    for option in options_of(command).values():
        assert "{choices}" not in (option.help or "")
        assert not (option.help or ".").endswith("..")


def test_the_library_below_and_the_viewer_have_the_same_defaults() -> None:
    comfort, settings = ComfortSettings(), ExportSettings(("sbs",))
    assert comfort.baseline_mm == settings.baseline_mm
    assert comfort.max_disparity == settings.max_disparity
    viewer = (ROOT / "viewer" / "src" / "scene.js").read_text()
    apart = re.search(r"EYES_APART_M = ([0-9.]+);", viewer)
    assert apart is not None
    assert float(apart[1]) * 1000 == EYE_DISTANCE_MM


def test_settings_that_older_runs_have_recorded_are_read() -> None:
    old = {"focal_35mm": 50.0, "allow_small": True, "own_depth": False, "full_raw": False}
    assert from_recorded(PhotoSettings, old) == PhotoSettings(
        focal_35mm=50.0, allow_small=True, photo_depth=False
    )
    assert from_recorded(PhotoSettings, {"focal_35mm": None, "of_the_future": 1}) is None
    assert from_recorded(PhotoSettings, {"focal_35mm": 0.1}) is None

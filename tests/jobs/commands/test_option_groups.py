"""How groups of settings become options, and options become groups again."""

from __future__ import annotations

from typing import Annotated

import pytest
import typer

from jobs.commands.option_groups import DeferredGroup, OnlyFields, WithoutFields, with_options
from jobs.console.output import Output
from pipeline.catalog.filter_values import GeoCircle
from pipeline.catalog.filters import Filters
from schemas.choices import PreviewKind
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings, PreviewSettings
from schemas.records import PhotoState
from schemas.settings import IngestSettings, PhotoSettings

Quietly = Annotated[Output, WithoutFields(["progress"])]


def call(command, *arguments: str) -> None:
    app = typer.Typer()
    app.command()(with_options(command))
    app(list(arguments), standalone_mode=False)


def test_groups_are_made_of_their_options_and_of_those_of_inner_groups() -> None:
    made = []

    def command(settings: IngestSettings, output: Quietly) -> None:
        made.append((settings, output))

    arguments = "--limit 3 --no-photo-depth --format ply --exclude a --exclude b -q".split()
    call(command, *arguments)
    ((settings, output),) = made
    assert (settings.limit, settings.splat.format, settings.exclude) == (3, "ply", ("a", "b"))
    assert settings.photo == PhotoSettings(photo_depth=False)
    assert output.quiet


def test_nothing_given_is_the_default() -> None:
    made = []

    def command(settings: PreviewSettings, photo: PhotoSettings, filters: Filters) -> None:
        made.append((settings, photo, filters))

    call(command)
    assert made == [(PreviewSettings(), PhotoSettings(), Filters())]


def test_values_have_the_types_of_their_fields() -> None:
    made = []

    def command(settings: PreviewSettings, filters: Filters) -> None:
        made.append((settings, filters))

    call(command, "--kind", "still", "--kind", "gif", "--near", "1,2,3", "--state", "due")
    ((settings, filters),) = made
    assert settings.kinds == (PreviewKind.STILL, PreviewKind.GIF)
    assert filters == Filters(state=PhotoState.DUE, near=GeoCircle(1, 2, 3))


def test_limits_are_those_of_the_settings() -> None:
    def command(settings: PreviewSettings) -> None:
        pytest.fail("it is not called")

    with pytest.raises(UsageError, match=r"--seconds must be between 0\.1 and 60"):
        call(command, "--seconds", "0")


def test_fields_can_be_chosen() -> None:
    def only(photo: Annotated[PhotoSettings, OnlyFields(["full_raw"])]) -> None:
        assert photo == PhotoSettings(full_raw=True)

    call(only, "--full-raw")
    with pytest.raises(typer.TyperException, match="allow-small"):
        call(only, "--allow-small")


def test_a_group_can_be_made_later() -> None:
    def command(settings: DeferredGroup[ExportSettings]) -> None:
        with pytest.raises(UsageError, match="--kind"):
            settings.make()

    call(command)


def test_an_old_name_is_accepted_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    def command(photo: PhotoSettings, output: Quietly) -> None:
        assert photo.focal_35mm == 28

    call(command, "--focal-mm", "28")
    assert capsys.readouterr().err == "--focal-mm is now called --focal-35mm.\n"
    call(command, "--focal-35mm", "28")
    call(command, "--focal-mm", "28", "--quiet")
    assert capsys.readouterr().err == ""
    with pytest.raises(UsageError, match="give one"):
        call(command, "--focal-mm", "28", "--focal-35mm", "28")


def test_an_old_name_is_not_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    def command(photo: PhotoSettings) -> None:
        pytest.fail("it is not called")

    call(command, "--help")
    said = capsys.readouterr().out
    assert "--focal-35mm" in said
    assert "--focal-mm" not in said

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from jobs.nightly.config import NightlyConfig, load_config
from jobs.nightly.config_file import all_keys
from jobs.nightly.example import example_text
from jobs.nightly.key_location import lines_of
from pipeline.catalog.filter_values import GeoCircle
from pipeline.catalog.filters import Filters
from schemas.choices import PreviewKind
from schemas.errors import UsageError
from schemas.records import PhotoState

SMALL = 'library = "lib"\n[[sources]]\npath = "photos"\n'


def load(tmp_path: Path, text: str) -> NightlyConfig:
    path = tmp_path / "nightly.toml"
    path.write_text(text)
    return load_config(path)


def test_the_smallest_config(tmp_path: Path) -> None:
    config = load(tmp_path, SMALL)
    assert config.library == tmp_path / "lib"
    assert config.sources[0].path == tmp_path / "photos"
    assert config.previews is None


def test_the_example_is_a_config_and_shows_every_key(tmp_path: Path) -> None:
    example = example_text()
    assert load(tmp_path, example).previews is not None
    lines = [
        line
        for line in example.splitlines()
        if not line.startswith(("# Configuration", "# To set"))
    ]
    everything = "\n".join(line.removeprefix("# ") for line in lines)
    config = load(tmp_path, everything)
    assert config.previews is not None
    assert config.previews.query.camera == "iphone"
    for table in (config, *tables_of(config)):
        for key in all_keys(type(table)):
            assert re.search(rf"^{key} =|^\[+(\w+\.)?{key}\]", everything, re.MULTILINE), key


def test_the_example_as_it_is_sets_what_it_shows(tmp_path: Path) -> None:
    config = load(tmp_path, example_text())
    assert config.exports == ()
    assert config.sources[0].exclude == ("*_edited*", "*/Trash/*")
    assert config.window.end.until == "06:30"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ('library = "lib"\nsources = ["photos"]\n', "[[sources]]"),
        (f"{SMALL}[scenes]\nquery = 4\n", "[scenes.query]"),
    ],
)
def test_a_value_in_the_place_of_a_table_is_told_how_to_write_it(
    tmp_path: Path, text: str, header: str
) -> None:
    with pytest.raises(UsageError, match="expected a table, found") as error:
        load(tmp_path, text)
    assert error.value.hint.startswith(f"Write {header} on a line of its own")


def tables_of(config: NightlyConfig) -> list[object]:
    values = [getattr(config, field.name) for field in fields(config)]
    first = [config.sources[0], config.exports[0], config.exports[0].query]
    return [value for value in (*values, *first) if is_dataclass(value)]


def test_sources_with_the_same_patterns_are_one_run(tmp_path: Path) -> None:
    text = SMALL + '[[sources]]\npath = "b"\nexclude = ["x"]\n[[sources]]\npath = "c"\n'
    runs = load(tmp_path, text).ingests()
    assert [[path.name for path in paths] for paths, _ in runs] == [["photos", "c"], ["b"]]
    assert [settings.exclude for _, settings in runs] == [(), ("x",)]


def test_values_have_their_types(tmp_path: Path) -> None:
    text = SMALL + '[model]\nname = "small"\n[window]\nmax_hours = 3\n[previews]\nkinds = ["gif"]\n'
    config = load(tmp_path, text)
    assert config.model.predictor.model == "small"
    assert config.window.end.max_hours == 3.0
    assert config.previews is not None
    assert config.previews.settings.kinds == (PreviewKind.GIF,)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        (SMALL + "[modell]\n", 4, "modell: there is no such key", "'model'"),
        (SMALL + '[model]\n\nnmae = "small"\n', 6, "model.nmae: there is no such", "'name'"),
        (SMALL + '[model]\nname = "shrap"\n', 5, "model.name: 'shrap' is none", "'sharp'"),
        (SMALL + 'exlude = ["x"]\n', 4, "sources.exlude: there is no such", "'exclude'"),
        (SMALL + '[[sources]]\nexclude = ["x"]\n', 4, "sources: the key 'path' is miss", ""),
        ('[[sources]]\npath = "x"\n', None, "the key 'library' is missing", ""),
        (SMALL + "[limits]\nphotos = true\n", 5, "limits.photos: expected a whole number", ""),
        (SMALL + "[limits]\nphotos = 0\n", 5, "limits.photos: photos must be between 1", "Omit it"),
        (SMALL + "[limits]\nfree_gb = -1\n", 5, "limits.free_gb: free_gb must be at least 0", ""),
        (SMALL + "[verify]\nsample = -1\n", 5, "verify.sample: sample must be at least 0", ""),
        (SMALL + "[scenes]\nforget_focal = true\n", 5, "forget_focal: there is no such", ""),
        (SMALL + '[window]\nuntil = "25:00"\n', 4, "window: --until '25:00'", "06:30"),
        (SMALL + '[previews]\nquery = { after = "soon" }\n', 5, "previews.query: --after", "year"),
        (SMALL + '[previews]\nkinds = [\n  "clip",\n  "film",\n]\n', 5, "'film' is none", "clip"),
        (SMALL + "previews = 3\n", 4, "sources.previews: there is no such key", ""),
        ('sources = []\nlibrary = "x"\n', 1, "sources: give at least one", ""),
        ('library = "x"\nsources = "photos"\n', 2, "sources: this is a list", "[[sources]]"),
        ('library = "x"\nsources = [', 2, "Invalid value", "toml.io"),
        (SMALL + "[gc]\nenabled = yes\n", 5, "Invalid value", ""),
        (SMALL + 'model.name = "x"\n', 4, "sources.model: there is no such key", ""),
    ],
)
def test_an_error_names_file_line_and_key(
    tmp_path: Path, text: str, line: int | None, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    where = f"{tmp_path / 'nightly.toml'}" + (f", line {line}: " if line else ": ")
    assert caught.value.message.startswith(where), caught.value.message
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_an_old_key_is_read_with_a_note_of_its_place(tmp_path: Path) -> None:
    path = tmp_path / "nightly.toml"
    path.write_text(SMALL + "[scenes]\nfocal_mm = 28\n")
    notes: list[str] = []
    assert load_config(path, notes.append).scenes.photo.focal_35mm == 28
    assert notes == [f"{path}, line 5: the key is called 'focal_35mm' now"]
    path.write_text(SMALL + "[scenes]\nfocal_mm = 28\nfocal_35mm = 28\n")
    with pytest.raises(UsageError, match="old name"):
        load_config(path)


def test_a_night_selects_by_every_filter_of_a_query(tmp_path: Path) -> None:
    text = (
        '[previews]\n[previews.query]\ntext = "paris"\nnear = "1,2,3"\nstate = "done"\nlimit = 5\n'
    )
    config = load(tmp_path, SMALL + text)
    assert config.previews is not None
    assert config.previews.query == Filters(
        text="paris", near=GeoCircle(1, 2, 3), state=PhotoState.DONE, limit=5
    )


def test_lines_of_keys_in_arrays_of_tables_and_behind_long_texts() -> None:
    text = 'a = """\nb = 1\n"""\nc.d = 2\n[[t]]\nx = 1\n[[t]]\n[t.u]\ny = 3\n"q" = 4\n'
    assert lines_of(text) == {
        ("a",): 1,
        ("c",): 4,
        ("c", "d"): 4,
        ("t",): 5,
        ("t", 0): 5,
        ("t", 0, "x"): 6,
        ("t", 1): 7,
        ("t", 1, "u"): 8,
        ("t", 1, "u", "y"): 9,
        ("t", 1, "u", "q"): 10,
    }

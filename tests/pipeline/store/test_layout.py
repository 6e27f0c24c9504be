"""Paths of a library and their inverse."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import layout
from pipeline.store.layout import (
    CatalogPath,
    CatalogUrlPath,
    ForeignPath,
    LibraryPath,
    LockPath,
    PreviewPath,
    ReportPath,
    ScenePath,
    SnapshotPath,
    TemporaryPath,
    ThumbnailPath,
    UploadPath,
    parse,
    scene_path,
)
from schemas.choices import PreviewKind
from schemas.settings import SplatSettings
from schemas.table_metadata import metadata
from sharp_core.formats.registry import STORABLE
from sharp_core.formats.sog.entry import SOG

IDS = st.text("0123456789abcdef", min_size=32, max_size=32)
FORMATS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
QUALITIES = st.sampled_from([None, *(q for q in SOG.qualities if q != "default")])
RUN_IDS = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=40)
NAMES = st.text(min_size=1, max_size=80).filter(
    lambda name: "/" not in name and not name.startswith(layout.TEMPORARY_PREFIX)
)
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
PATHS: st.SearchStrategy[LibraryPath] = st.one_of(
    st.builds(ScenePath, IDS, FORMATS, QUALITIES),
    st.builds(ThumbnailPath, IDS),
    st.builds(PreviewPath, IDS, st.sampled_from(list(PreviewKind)), FORMATS),
    st.builds(SnapshotPath, st.sampled_from(list(metadata.tables))),
    st.builds(ReportPath, RUN_IDS, st.sampled_from(["json", "md", "html"])),
    st.builds(UploadPath, NAMES),
    st.builds(
        CatalogPath,
        st.sampled_from([layout.CATALOG_FILE + end for end in ("", "-wal", "-shm", ".version-1")]),
    ),
    st.just(CatalogUrlPath()),
    st.just(LockPath()),
    st.builds(
        lambda folder, digits: TemporaryPath(f"{folder}{layout.TEMPORARY_PREFIX}{digits}"),
        st.sampled_from(["", "runs/", "scenes/ab/"]),
        HEX,
    ),
)


@given(PATHS)
def test_parse_is_the_inverse_of_path(what: LibraryPath) -> None:
    assert parse(what.path) == what


@given(st.text(max_size=60))
def test_any_text_is_parsed_and_keeps_its_path(text: str) -> None:
    assert parse(text).path == text


@pytest.mark.parametrize("splat_format", STORABLE.names)
@pytest.mark.parametrize("quality", [None, *SOG.qualities])
def test_scenes_of_every_setting_have_paths_of_their_own(
    splat_format: str, quality: str | None
) -> None:
    if quality is not None and splat_format != "sog":
        return
    settings = SplatSettings(splat_format, quality)
    what = parse(scene_path("ab" * 16, settings.format, settings.quality))
    assert isinstance(what, ScenePath)
    assert SplatSettings(what.format, what.quality) == settings


@pytest.mark.parametrize(
    "path",
    [
        f"scenes/ab/{'cd' * 16}.sog",  # in the folder of another id
        f"scenes/ab/{'ab' * 16}.copy.sog",
        f"scenes/ab/{'AB' * 16}.sog",
        f"scenes/{'ab' * 16}.sog",
        f"scenes/ab/{'ab' * 16}.sog.bak",
        f"thumbs/ab/{'ab' * 16}.jpg",
        f"previews/ab/{'ab' * 16}.mp4",
        "scenes/notes.txt",
        "runs/a/b.json",
        ".partial-notes",
        "lock2",
        "",
    ],
)
def test_what_people_put_into_a_library_is_foreign(path: str) -> None:
    assert parse(path) == ForeignPath(path)

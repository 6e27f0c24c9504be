"""An album: which files are in its folder, what its page shows, and that it opens from a disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from jobs.runs.export import ExportOrder, dry_export
from pipeline.catalog.filters import Filters
from pipeline.exports.album import read_album
from pipeline.exports.kinds import album
from pipeline.exports.target import ExportTarget
from pipeline.library import Library
from pipeline.scenes import levels
from pipeline.store.layout import MANIFEST
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from tests.support.browser import Watch, browser
from tests.support.small_exports import exported, manifest, run
from tests.support.trivial_model import ingest
from tests.support.viewer_pictures import READY, WAIT_MS

ALBUM = ExportSettings(("album",), long_side=64)
PARTS = (".js", ".coarse.js", ".thumb.webp", ".webp")


def rows(to: Path) -> list[list[Any]]:
    """Return what the page is told of its photos."""
    script = (to / "page" / "photos.js").read_text()
    found: list[list[Any]] = json.loads(
        script.removeprefix("document.currentScript.photos=").removesuffix(";\n")
    )
    return found


def shown(to: Path) -> list[str]:
    """Return the ids of the photos on the page."""
    return [row[0] for row in rows(to)]


def photos(to: Path) -> set[str]:
    return {name for name in exported(to) if name.startswith("photos/")}


def test_a_photo_is_four_files_and_a_row_of_the_page(library: Path, to: Path) -> None:
    order = ExportOrder(to, Filters(), ALBUM)
    plan = dry_export(Library.resolve(library), order)
    assert (plan.due, len(plan.files)) == (3, 12)
    assert plan.estimated_bytes > 0
    report = run(library, to, ALBUM)
    assert (report.done, report.files) == (3, 12)
    ids = shown(to)
    assert photos(to) == {f"photos/{name}{part}" for name in ids for part in PARTS} == {*plan.files}
    lines = manifest(to)
    assert set(lines) == photos(to)
    text = (to / f"{MANIFEST}.jsonl").read_text() + (to / f"{MANIFEST}.csv").read_text()
    assert str(library.parent) not in text  # others see an album: it names no folder of ours
    page = (to / "index.html").read_text()
    assert "http" not in page.replace("http-equiv", "")

    before = {path: path.stat().st_mtime_ns for path in to.rglob("*")}
    again = run(library, to, ALBUM)
    assert (again.done, again.unchanged, again.removed) == (0, 3, 0)
    assert {path: path.stat().st_mtime_ns for path in to.rglob("*")} == before


def test_photos_leave_that_filters_no_longer_select(library: Path, to: Path) -> None:
    run(library, to, ALBUM)
    foreign = to / "photos" / "note.txt"
    foreign.write_text("mine")
    first, *others = shown(to)
    few = Filters(text=first)
    order = ExportOrder(to, few, ALBUM)
    assert dry_export(Library.resolve(library), order).removed == 2
    report = run(library, to, ALBUM, filters=few)
    assert (report.unchanged, report.removed) == (1, 2)
    assert shown(to) == [first]
    kept = {f"photos/{first}{part}" for part in PARTS}
    assert photos(to) == {*kept, "photos/note.txt"}
    assert set(manifest(to)) == kept
    assert run(library, to, ALBUM).done == len(others)
    assert shown(to) == [first, *others]


def test_other_names_take_the_place_of_the_old_ones(library: Path, to: Path) -> None:
    run(library, to, ALBUM)
    renamed = ExportSettings(("album",), long_side=64, name="all/{photo_id}")
    report = run(library, to, renamed)
    assert (report.done, report.removed) == (3, 0)
    assert all(name.startswith("photos/all/") for name in photos(to))
    assert len(photos(to)) == 12
    assert all(name.startswith("all/") for name in shown(to))


def test_a_photo_is_on_the_page_once_all_its_files_are_there(library: Path, to: Path) -> None:
    run(library, to, ALBUM)
    first, *others = shown(to)
    (to / "photos" / f"{first}.js").unlink()
    with Library.resolve(library).read() as connection:
        target = ExportTarget(to, library)
        state = read_album(connection, target, Filters(), ALBUM.name)
    assert [photo.id for photo in state.photos] == others
    assert (state.leftover, state.removed) == ([], 0)
    assert run(library, to, ALBUM).done == 1
    assert shown(to) == [first, *others]


def test_an_album_without_coarse_levels_is_shown_until_it_has_them(library: Path, to: Path) -> None:
    """Albums of earlier versions have none."""
    run(library, to, ALBUM)
    ids = shown(to)
    for name in ids:
        (to / "photos" / f"{name}.coarse.js").unlink()
    with Library.resolve(library).read() as connection:
        state = read_album(connection, ExportTarget(to, library), Filters(), ALBUM.name)
    assert [photo.id for photo in state.photos] == ids
    assert (state.leftover, state.removed) == ([], 0)
    report = run(library, to, ALBUM)
    assert (report.done, report.files) == (3, 3)
    assert run(library, to, ALBUM).unchanged == 3


def test_where_the_photo_is_gone_its_scene_shows_it(library: Path, to: Path) -> None:
    for photo in (library.parent / "photos").iterdir():
        photo.unlink()
    report = run(library, to, ALBUM)
    assert (report.done, report.provisional) == (3, 3)
    assert all((to / "photos" / f"{name}.webp").stat().st_size > 100 for name in shown(to))


def test_a_photo_that_can_be_read_again_takes_the_place_of_its_scene(
    library: Path, to: Path
) -> None:
    photos = library.parent / "photos"
    photos.rename(library.parent / "unplugged")
    assert run(library, to, ALBUM).provisional == 3
    again = run(library, to, ALBUM)
    assert (again.done, again.unchanged) == (0, 3)
    versions = rows(to)
    (library.parent / "unplugged").rename(photos)
    back = run(library, to, ALBUM)
    assert (back.done, back.files, back.provisional) == (3, 3, 0)
    facts = {line["kind"]: line["facts"] for line in manifest(to).values()}
    assert facts["album-photo"] == {"shows": "photo"}
    assert all(row[-1] != before[-1] for row, before in zip(rows(to), versions, strict=True))
    assert run(library, to, ALBUM).unchanged == 3


def test_a_file_in_use_is_told_and_removed_by_the_next_run(
    library: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(library, to, ALBUM)
    first, second, third = shown(to)
    in_use, unlink = to / "photos" / f"{second}.js", Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:  # as Windows, of an open file
        if self == in_use:
            raise PermissionError(13, "Permission denied")
        unlink(self, missing_ok)

    few = Filters(text=first)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        report = run(library, to, ALBUM, filters=few)
    assert (report.removed, report.stuck, report.has_failures) == (2, 1, True)
    kept = {f"photos/{first}{part}" for part in PARTS}
    assert set(manifest(to)) == {*kept, f"photos/{second}.js"} == photos(to)
    again = run(library, to, ALBUM, filters=few)
    assert (again.removed, again.stuck) == (1, 0)
    assert set(manifest(to)) == kept == photos(to)
    assert third not in shown(to)


def test_addresses_change_with_what_is_behind_them(library: Path, to: Path) -> None:
    run(library, to, ALBUM)
    page = (to / "index.html").read_text()
    for name in ("viewer.js", "viewer.css", "gallery.css", "photos.js", "icon.svg"):
        version = hashlib.sha256((to / "page" / name).read_bytes()).hexdigest()[:12]
        assert f'"page/{name}?{version}"' in page
    assert page.count("?{version}") == len(PARTS)


def test_a_page_of_somebody_elses_is_left_alone(library: Path, to: Path) -> None:
    to.mkdir()
    (to / "index.html").write_text("<h1>My site</h1>")
    with pytest.raises(UsageError, match=r"index.html is not the page of an album"):
        run(library, to, ALBUM)
    assert (to / "index.html").read_text() == "<h1>My site</h1>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an album of three photos, the second one without its scene's file."""
    from tests.support.made_photos import make_photos

    root = tmp_path_factory.mktemp("album")
    make_photos(root / "photos", 3)
    ingest(root / "library", root / "photos")
    run(root / "library", root / "Our trip", ALBUM)
    (root / "Our trip" / "photos" / f"{shown(root / 'Our trip')[1]}.js").unlink()
    return root / "Our trip"


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with browser(viewport={"width": 900, "height": 600}, locale="de-AT", has_touch=True) as context:
        context.set_default_timeout(WAIT_MS)
        yield context


@pytest.fixture(scope="module")
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    watch = Watch(page)
    yield page
    assert [url for url in watch.requests if not url.startswith(("file:", "blob:"))] == []
    expected = ("ERR_FILE_NOT_FOUND",)
    assert [text for text in watch.complaints if not any(e in text for e in expected)] == []


def test_it_opens_from_a_disk_and_is_used_by_keys(page: Page, folder: Path) -> None:
    first, second, third = shown(folder)
    page.goto((folder / "index.html").as_uri())
    expect(page).to_have_title("Our trip")
    expect(page.locator(".count")).to_have_text("3 Fotos")
    expect(page.locator(".tiles a")).to_have_count(3)
    assert page.locator(".tiles img").first.evaluate("(image) => image.decode().then(() => true)")
    source = page.locator(".tiles img").first.get_attribute("src") or ""
    assert source.endswith(f"{first}.thumb.webp?{rows(folder)[0][-1]}")
    page.locator(".tiles a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(READY)
    assert page.url.endswith(f"#{first}")
    page.keyboard.press("n")
    # The photo is there, and the viewer says what is missing.
    expect(page.locator(".viewer-status")).to_contain_text("fehlt")
    assert page.locator(".viewer-poster").evaluate("(image) => image.naturalWidth") > 0
    page.keyboard.press("n")
    page.wait_for_selector(READY)
    assert page.url.endswith(f"#{third}")
    assert page.locator(".viewer").count() == 1
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_contain_text(second)
    page.keyboard.press("Escape")
    expect(page.locator(f'.tiles a[href="#{second}"]')).to_be_focused()


LEVELS = """globalThis.levels = [];
new MutationObserver((changes) => levels.push(...changes.map(({ target }) => target.dataset.level)))
  .observe(document, { attributeFilter: ["data-level"], subtree: true });"""


def test_the_coarse_level_comes_first_and_alone_where_the_scene_is_missing(
    library: Path, to: Path, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(album, "WORTH_LEVELS", 60)
    monkeypatch.setattr(levels, "COARSE_GAUSSIANS", 30)
    run(library, to, ALBUM)
    facts = [line["facts"] for line in manifest(to).values() if line["kind"] == "album-coarse"]
    assert facts == [{"has_coarse": True}] * 3
    first, second, _ = shown(to)
    (to / "photos" / f"{second}.js").unlink()
    with context.new_page() as page:
        page.add_init_script(LEVELS)
        page.goto(f"{(to / 'index.html').as_uri()}#{first}")
        page.wait_for_selector(f'{READY}[data-level="whole"]')
        assert page.evaluate("levels") == ["coarse", "whole"]
        page.keyboard.press("n")
        page.wait_for_selector(f'{READY}[data-level="coarse"]')
        expect(page.locator(".viewer-status")).to_contain_text("gröber")


def test_an_address_leads_to_a_photo_and_back_to_all(page: Page, folder: Path) -> None:
    first, _, third = shown(folder)
    page.goto("about:blank")
    page.goto(f"{(folder / 'index.html').as_uri()}#{third}")
    page.wait_for_selector(READY)
    page.get_by_role("link", name="Alle").click()
    page.locator(f'.tiles a[href="#{first}"]').click()
    page.wait_for_selector(READY)
    page.go_back()
    expect(page.locator(".tiles a").first).to_be_visible()
    assert page.locator(".viewer").count() == 0


def test_a_flick_leads_to_the_next_photo(page: Page, folder: Path) -> None:
    first, second, _ = shown(folder)
    page.goto("about:blank")
    page.goto(f"{(folder / 'index.html').as_uri()}#{first}")
    page.wait_for_selector(READY)
    page.locator(".viewer").evaluate(
        "(viewer) => viewer.dispatchEvent("
        "new CustomEvent('viewer-beside', { bubbles: true, detail: 1 }))"
    )
    expect(page.get_by_role("heading", level=1)).to_contain_text(second)


@pytest.mark.parametrize("width", [320, 1440])
def test_it_fits_the_window(page: Page, folder: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("about:blank")
    address = (folder / "index.html").as_uri()
    for place in (address, f"{address}#{shown(folder)[0]}"):
        page.goto(place)
        page.wait_for_selector(READY if "#" in place else ".tiles a")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.locator(".brand span")).to_be_visible()
    expect(page.get_by_role("link", name="Alle")).to_be_visible()

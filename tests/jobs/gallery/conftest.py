from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import BrowserContext, Page

from jobs.gallery.app import GallerySettings
from pipeline.library import Library
from schemas.export_settings import PreviewSettings
from schemas.settings import IngestSettings
from tests.support.browser import browser, serving, watched_page
from tests.support.gallery_client import gallery_client
from tests.support.paths import PHOTOS
from tests.support.relief import ingest_reliefs

PREVIEWS = PreviewSettings(seconds=0.2, long_side=64)


@pytest.fixture(scope="session")
def gallery_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library of two photos with scenes and clips, one failed and one skipped."""
    root = tmp_path_factory.mktemp("gallery")
    photos = root / "photos"
    photos.mkdir()
    for name in ("coffee.png", "el torcal rocks.jpg"):
        (photos / name).write_bytes((PHOTOS / name).read_bytes())
    whole = (PHOTOS / "mongolels.jpg").read_bytes()
    (photos / "cut off <b>.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / ".hidden.jpg").write_bytes(whole)
    library = root / "library"
    ingest_reliefs(library, photos, settings=IngestSettings(previews=PREVIEWS))
    return library


@pytest.fixture(scope="module")
def client(gallery_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Return a browser-like client of a gallery over `gallery_library`; tests leave it as it is.

    One for each module: the process that makes exports takes seconds to start.
    """
    cache = tmp_path_factory.mktemp("cache")
    with gallery_client(GallerySettings(Library.resolve(gallery_library), cache)) as client:
        yield client


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with browser(viewport={"width": 1000, "height": 700}) as context:
        yield context


@pytest.fixture(scope="module")
def address(gallery_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(gallery_library, tmp_path_factory.mktemp("cache")) as address:
        yield address


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    with watched_page(context, address) as page:
        yield page

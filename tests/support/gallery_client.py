"""A browser-like client of a gallery in this process."""

from __future__ import annotations

from fastapi.testclient import TestClient

from jobs.gallery.app import GallerySettings, make_gallery_app


def gallery_client(settings: GallerySettings) -> TestClient:
    return TestClient(
        make_gallery_app(settings),
        base_url="http://127.0.0.1:7860",
        headers={"sec-fetch-site": "same-origin"},
        follow_redirects=False,
    )

"""A real browser for tests, a gallery to look at, and the viewer that it needs."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from jobs.gallery.app import GallerySettings, make_gallery_app
from jobs.gallery.security import LOCAL_ONLY, AccessPolicy
from jobs.gallery.serve import GalleryServer, listen
from pipeline.library import Library
from tests.support.paths import ROOT
from tests.support.viewer_pictures import WAIT_MS

VIEWER = ROOT / "viewer"
WORKER = "tests.support.quick_worker"
# Drawing by the processor gives the same pictures on every machine; no host but this is known.
_FLAGS = (
    "--headless=new --no-sandbox --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-angle=swiftshader "
    "--enable-unsafe-swiftshader --force-device-scale-factor=1 --force-color-profile=srgb "
    "--disable-dev-shm-usage"
).split()
_REFUSED = "Failed to load resource"
_ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@contextlib.contextmanager
def browser(**options: object) -> Iterator[BrowserContext]:
    """Give a browser with a profile of its own, or skip the test where there is none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is missing")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=path,
            headless=False,  # the flag chooses the headless mode that draws
            args=[*_FLAGS, _ONLY_HERE],
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]
        )
        try:
            yield context
        finally:
            context.close()


@contextlib.contextmanager
def serving(library: Path, cache: Path, access: AccessPolicy = LOCAL_ONLY) -> Iterator[str]:
    """Serve a library; give the gallery's address."""
    settings = GallerySettings(Library.resolve(library), cache, access, worker=WORKER)
    app = make_gallery_app(settings)
    server = GalleryServer(app, "error")
    listener = listen("127.0.0.1", 0)  # connections wait until the server has started
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def watched_page(context: BrowserContext, address: str, also: Sequence[str] = ()) -> Iterator[Page]:
    """Give a page that may ask nothing of other hosts.

    It may complain of what the server refuses, and of what is in `also`.
    """
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    watch = Watch(page)
    yield page
    page.close()
    assert watch.strangers(address) == []
    expected = (_REFUSED, *also)
    assert [text for text in watch.complaints if not any(part in text for part in expected)] == []


def change_script(page: Page, name: str, old: str, new: str) -> None:
    """Send a page one of the gallery's scripts with a part of it changed, such as a limit."""

    def send(route: Route) -> None:
        answer = route.fetch()
        assert answer.text().count(old) == 1, old
        route.fulfill(response=answer, body=answer.text().replace(old, new))

    page.route(f"**/static/{name}*", send)


class Watch:
    """What a page asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type in ("error", "warning") and "GPU stall" not in message.text
                else None
            ),
        )

    def strangers(self, address: str) -> list[str]:
        """Return requests that left the gallery."""
        return [
            url
            for url in self.requests
            if not url.startswith((f"{address}/", f"blob:{address}/", "data:", "blob:null/"))
        ]

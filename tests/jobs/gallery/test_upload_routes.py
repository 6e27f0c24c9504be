from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from PIL import Image

from jobs.gallery import upload_queue, upload_routes
from jobs.gallery.app import GallerySettings
from jobs.gallery.upload_job import upload_file_name
from pipeline.library import Library
from schemas.setting_fields import setting_field
from schemas.settings import PhotoSettings
from schemas.tables import photo_paths, runs, scenes
from sharp_core.formats.registry import formats_written_here, read_scene
from tests.support.gallery_client import gallery_client
from tests.support.made_photos import make_photo, make_photos
from tests.support.quick_worker import ENDLESS_WIDTH
from tests.support.trivial_model import ingest
from tests.support.waiting import wait_until
from tests.support.whole_library import check_whole

WORKER = "tests.support.quick_worker"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


@pytest.fixture
def client(library: Path, tmp_path: Path) -> Iterator[TestClient]:
    settings = GallerySettings(Library.resolve(library), tmp_path / "cache", worker=WORKER)
    with gallery_client(settings) as client:
        yield client


def jpeg(tmp_path: Path, seed: int = 7, width: int = 320) -> bytes:
    return make_photo(tmp_path / f"{seed}.jpg", seed, (width, 256)).read_bytes()


def submit(client: TestClient, data: bytes, name: str = "a photo.jpg", **more: str) -> str:
    answer = client.post("/api/jobs", params={"name": name, "model": "small", **more}, content=data)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def job(client: TestClient, job_id: str) -> dict[str, Any]:
    return next(job for job in client.get("/api/jobs").json() if job["id"] == job_id)


def wait(client: TestClient, job_id: str, field: str, *values: str) -> dict[str, Any]:
    wait_until(lambda: job(client, job_id)[field] in values, lambda: job(client, job_id))
    return job(client, job_id)


def scene_times(library: Path) -> set[tuple[str, float]]:
    """Return the scenes of a library, and how long their predictions took."""
    with Library.resolve(library).read() as connection:
        rows = connection.execute(sa.select(scenes.c.scene_id, scenes.c.predict_seconds)).all()
    return {(row.scene_id, row.predict_seconds) for row in rows}


def test_an_uploaded_photo_becomes_a_scene_and_is_added_to_the_library(
    client: TestClient, library: Path, tmp_path: Path
) -> None:
    job_id = submit(client, jpeg(tmp_path), "../../Été 1.jpg", focal_35mm="40")
    assert wait(client, job_id, "state", "done", "failed")["state"] == "done"
    page = client.get(f"/made/{job_id}").text
    assert "Été 1.jpg" in page
    assert "40 mm equivalent" in page
    for name in [entry.name for entry in formats_written_here()]:
        data = client.get(f"/made/{job_id}/scene.{name}?download=true").content
        assert len(read_scene(io.BytesIO(data), format_name=name).gaussians) == 32_768
    picture = client.get(f"/made/{job_id}/picture.webp").content
    assert Image.open(io.BytesIO(picture)).size == (320, 256)

    own = Library.resolve(Path(client.app.state.queue.job(job_id).folder) / "library")
    with own.read() as connection:
        predicted_seconds = connection.scalar(sa.select(scenes.c.predict_seconds))
    for kind, size in (("sbs", (640, 256)), ("depth", (320, 256))):
        answer = client.get(f"/made/{job_id}/exports/{kind}")
        assert Image.open(io.BytesIO(answer.content)).size == size
        assert quote("Été 1") in answer.headers["content-disposition"]

    (library / "uploads").write_text("a file where a folder has to be")
    client.post(f"/api/jobs/{job_id}/keep")
    assert "uploads" in wait(client, job_id, "keep", "failed", "done")["keep_error"]
    (library / "uploads").unlink()

    with Library.resolve(library).hold("a long run"):
        assert client.post(f"/api/jobs/{job_id}/keep").status_code == 202
        waiting = wait(client, job_id, "keep", "waiting", "failed", "done")
        assert (waiting["keep"], "a long run" in waiting["keep_error"]) == ("waiting", True)
        assert not list((library / "uploads").iterdir())
        assert client.post(f"/api/jobs/{job_id}/keep").status_code == 400
        made = scene_times(library)
    kept = wait(client, job_id, "keep", "done", "failed")
    assert kept["keep"] == "done", kept
    assert "30 mm" not in client.get(f"/photos/{kept['photo_id']}").text
    assert (library / "uploads" / "Été 1.jpg").read_bytes() == jpeg(tmp_path)
    check_whole(library)
    (added,) = scene_times(library) - made
    assert added == (kept["scene_id"], predicted_seconds)  # adopted, not predicted again
    with Library.resolve(library).read() as connection:
        states = connection.execute(sa.select(runs.c.command, runs.c.state)).all()
        paths = set(connection.scalars(sa.select(photo_paths.c.path)))
    assert states == [("ingest", "finished")] * 2
    assert str(library / "uploads" / "Été 1.jpg") in paths


def test_jobs_run_one_at_a_time_and_can_be_stopped(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_queue, "MOST_WAITING", 2)
    slow = jpeg(tmp_path, 1, ENDLESS_WIDTH)
    endless = submit(client, slow)
    wait(client, endless, "step", "predict")
    second = submit(client, jpeg(tmp_path, 2))
    third = submit(client, slow)
    assert client.post("/api/jobs?name=a.jpg&model=small", content=slow).status_code == 429
    assert job(client, second)["state"] == "waiting"
    client.post(f"/api/jobs/{third}/cancel")
    client.post(f"/api/jobs/{endless}/cancel")
    wait(client, second, "state", "done")
    assert {job(client, other)["state"] for other in (endless, third)} == {"cancelled"}
    client.post(f"/api/jobs/{second}/cancel")
    assert client.get(f"/made/{second}").status_code == 404
    assert len(client.get("/api/jobs").json()) == 2


def bomb() -> bytes:
    """Return a PNG of 20000 x 20000 pixels in a few hundred kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        )

    header = (20000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(60001 * 100)) for _ in range(200)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def test_harmful_photos_fail(client: TestClient, tmp_path: Path) -> None:
    whole = jpeg(tmp_path)
    bad = [submit(client, bomb(), "bomb.png"), submit(client, whole[:3000], "half.jpg")]
    for job_id in bad:
        failed = wait(client, job_id, "state", "failed", "done")
        assert failed["state"] == "failed"
        assert "/" not in failed["error"]  # no place on this machine is told


def test_a_file_that_is_not_a_photo_is_not_queued(client: TestClient) -> None:
    for data in (b"", b"hello", b"<script>", b"GIF89a" + bytes(99), b"PK\x03\x04" * 4000):
        answer = client.post("/api/jobs?name=a.jpg&model=small", content=data)
        assert answer.status_code == 415
    assert client.get("/api/jobs").json() == []


def test_the_size_limit_does_not_trust_content_length(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_routes, "LARGEST_UPLOAD", 20_000)
    data = jpeg(tmp_path) + bytes(30_000)

    def without_length() -> Iterator[bytes]:
        yield from (data[at : at + 5000] for at in range(0, len(data), 5000))

    for content in (data, without_length()):
        answer = client.post("/api/jobs?name=a.jpg&model=small", content=content)
        assert answer.status_code == 413
    assert client.get("/api/jobs").json() == []


@pytest.mark.parametrize(
    "query",
    [
        "model=small",
        "name=a",
        "name=a&model=x",
        "name=a&model=small&focal_35mm=0",
        "name=a&model=small&focal_35mm=nan",
        "name=a&model=small&focal_35mm=1e9",
        "name=a&model=small&focal_35mm=x",
    ],
)
def test_settings_that_make_no_sense_are_refused(
    client: TestClient, tmp_path: Path, query: str
) -> None:
    assert client.post(f"/api/jobs?{query}", content=jpeg(tmp_path)).status_code == 400


def test_the_form_allows_the_focal_lengths_that_the_settings_allow(client: TestClient) -> None:
    limits = setting_field(PhotoSettings, "focal_35mm").setting
    page = client.get("/make").text
    assert f'name="focal_35mm" type="number" min="{limits.minimum}" max="{limits.maximum}"' in page


def test_the_error_for_missing_weights_says_how_to_get_them(tmp_path: Path, library: Path) -> None:
    with gallery_client(GallerySettings(Library.resolve(library), tmp_path / "cache")) as client:
        job_id = submit(client, jpeg(tmp_path), model="sharp")
        failed = wait(client, job_id, "state", "failed", "done")
    assert "model fetch" in failed["hint"]


def test_a_read_only_gallery_refuses_uploads(library: Path, tmp_path: Path) -> None:
    settings = GallerySettings(Library.resolve(library), tmp_path / "cache", read_only=True)
    with gallery_client(settings) as client:
        assert client.get("/make").status_code == 403
        answer = client.post("/api/jobs?name=a.jpg&model=small", content=jpeg(tmp_path))
        assert answer.status_code == 403
        assert 'href="/make"' not in client.get("/").text


def test_an_invalid_answer_of_a_worker_fails_only_its_job(library: Path, tmp_path: Path) -> None:
    settings = GallerySettings(
        Library.resolve(library), tmp_path / "cache", worker="this"
    )  # prints a poem
    with gallery_client(settings) as client:
        for _ in range(2):
            failed = wait(client, submit(client, jpeg(tmp_path)), "state", "failed", "done")
            assert "went wrong" in failed["error"]


def test_upload_file_names_stay_in_their_folder() -> None:
    for name, safe in (
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("..", "photo"),
        ("", "photo"),
        ("a\0b\n.jpg", "a_b_.jpg"),
        (".hidden", "hidden"),
        ("写真 1.HEIC", "写真 1.HEIC"),
    ):
        assert upload_file_name(name) == safe
    assert len(upload_file_name("x" * 500 + ".jpg" + "y" * 500)) < 100

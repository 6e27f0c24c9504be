"""Runs and commands on a library in an object store, with its catalog in PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from jobs.cli import make_command_line
from jobs.console.output import Output
from jobs.gallery.app import GallerySettings
from jobs.maintenance.catalog import import_catalog
from jobs.maintenance.doctor import examine
from jobs.maintenance.gc import collect_garbage
from jobs.maintenance.verify import verify
from jobs.runs.convert import convert_library
from jobs.runs.dry_run import dry_run
from jobs.runs.export import ExportOrder, export_scenes
from jobs.runs.ingest import Ingest
from jobs.runs.preview import preview
from jobs.runs.scene_run import scene_runner
from pipeline.catalog.address import CatalogAddress, find_catalog
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.cluster.resources import live_nodes
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.cluster.shared_library import check_is_shared
from pipeline.library import Library
from pipeline.store.layout import TEMPORARY_PREFIX
from pipeline.store.root import RemoteRoot
from pipeline.store.store import Store
from schemas.errors import LibraryBusyError, RunError, UsageError
from schemas.export_settings import ExportSettings, PreviewSettings
from schemas.settings import IngestSettings, SplatSettings, VerifySettings
from schemas.tables import artifacts
from tests.support.cli import run
from tests.support.gallery_client import gallery_client
from tests.support.ingest_process import start
from tests.support.made_photos import make_photos
from tests.support.postgres import fresh_schema
from tests.support.s3_proxy import Proxy, standing_before
from tests.support.trivial_model import ingest, trivial_model
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tests.support.whole_library import check_whole, contents, files

SHORT = PreviewSettings(seconds=0.2, long_side=64)
QUIET = Output(quiet=True)
INLINE = scene_runner(inline=True, address=None)


@pytest.fixture
def url(postgres_server: str) -> str:
    return fresh_schema(postgres_server)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 3)
    return tmp_path / "photos"


def wait_for_scenes(library: RemoteRoot, count: int) -> None:
    store = Store(library)
    wait_until(lambda: len(list(store.files("scenes"))) >= count, lambda: "no scenes came")


@pytest.mark.posix
def test_a_run_that_is_killed_is_alone_and_the_next_one_goes_on(
    remote_root: RemoteRoot, url: str, photos: Path, tmp_path: Path
) -> None:
    make_photos(photos, 20)
    options = ("--inline", "--catalog", url)
    process = start(remote_root, photos, *options, "--seconds", "1")
    try:
        wait_for_scenes(remote_root, 1)
        with pytest.raises(LibraryBusyError, match=f"process {process.pid}"):
            ingest(remote_root, photos)  # which the library's own note leads to the catalog
        busy = run("gc", "--library", str(remote_root))
        assert (busy.returncode, f"process {process.pid}" in busy.stderr) == (3, True)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    kept = contents(remote_root)
    assert ingest(remote_root, photos).done == 20 - len(kept) < 20
    check_whole(remote_root)
    ingest(tmp_path / "undisturbed", photos)
    assert contents(remote_root) == contents(tmp_path / "undisturbed")
    assert not (Path.cwd() / "s3:").exists()


def test_workers_on_ray_write_there_themselves(
    remote_root: RemoteRoot, url: str, photos: Path
) -> None:
    run = Ingest(
        Library.resolve(remote_root, url), [photos], IngestSettings(), trivial_model(), QUIET
    )
    with RayRunner(ClusterSettings(object_store_bytes=200_000_000)) as runner:
        check_is_shared(remote_root, live_nodes())
        assert run.run(lambda: contextlib.nullcontext(runner)).done == 3
    check_whole(remote_root)
    assert files(remote_root, "") == sorted(files(remote_root, ""))
    assert not [path for path in files(remote_root, "") if "/" not in path][1:]  # catalog.url


def test_machines_to_which_an_address_means_another_store_are_found_out(
    remote_root: RemoteRoot, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standing_before(s3_server) as proxy, monkeypatch.context() as of_workers:
        proxy.fault = lambda _method, path: 404 if TEMPORARY_PREFIX in path else None
        of_workers.setenv("AWS_ENDPOINT_URL", proxy.address)
        with RayRunner(ClusterSettings(object_store_bytes=200_000_000)):
            of_workers.undo()
            with pytest.raises(RunError, match=r"not the same library on .*is not seen"):
                check_is_shared(remote_root, live_nodes())


def start_behind(
    proxy: Proxy, library: RemoteRoot, photos: Path, *options: str
) -> subprocess.Popen[str]:
    """Start a run that takes half a second a photo; return it when it has made a scene."""
    with pytest.MonkeyPatch.context() as of_the_run:
        of_the_run.setenv("AWS_ENDPOINT_URL", proxy.address)
        process = start(library, photos, *options, "--seconds", "0.5")
    wait_for_scenes(library, 1)
    return process


@pytest.mark.parametrize("options", [("--inline",), ()])
def test_a_run_outlives_an_outage(
    remote_root: RemoteRoot, url: str, photos: Path, s3_server: str, options: tuple[str, ...]
) -> None:
    make_photos(photos, 8)
    proxy = Proxy(s3_server)
    with proxy.listening():
        process = start_behind(proxy, remote_root, photos, *options, "--catalog", url)
    time.sleep(4)
    with Proxy(s3_server, proxy.port).listening():
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    assert json.loads(out)["done"] == 8
    check_whole(remote_root)


@pytest.mark.posix
def test_ctrl_c_ends_a_run_that_waits_for_its_store(
    remote_root: RemoteRoot, url: str, photos: Path, s3_server: str
) -> None:
    make_photos(photos, 8)
    with standing_before(s3_server) as proxy:
        process = start_behind(proxy, remote_root, photos, "--inline", "--catalog", url)
        proxy.fault = lambda _method, _path: 500
        time.sleep(4)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert time.monotonic() - asked < 10
    assert process.returncode == 130, err
    report = json.loads(out)
    assert report["done"] + report["left"] == 8
    assert "report could not be written" in err
    assert ingest(remote_root, photos).done == report["left"]
    check_whole(remote_root)


def test_the_commands_of_a_person(remote_root: RemoteRoot, url: str, photos: Path) -> None:
    (photos / "notes.jpg").write_text("notes")
    at = ("--library", str(remote_root))
    with pytest.raises(UsageError, match="names no catalog") as caught:
        find_catalog(remote_root)
    assert "--catalog postgresql+psycopg://" in caught.value.hint
    dry = dry_run(Library.resolve(remote_root, url), [photos], IngestSettings(), trivial_model())
    assert (dry.due, dry.free_bytes) == (4, None)
    assert files(remote_root, "") == []

    ingest(remote_root, photos, catalog=url, settings=IngestSettings(previews=SHORT))
    found = json.loads(run("query", *at, "--state", "done", "--json").stdout)
    prefix = f"{remote_root}/scenes/"
    assert {record["splat_path"][: len(prefix)] for record in found} == {prefix}
    shown = json.loads(run("show", photos / "photo000.jpg", *at, "--json").stdout)
    assert [made["kind"] for made in shown["artifacts"]] == ["thumb", "clip"]
    levels = {check.name: check.level for check in examine(remote_root)}
    assert (levels["library"], levels["writing"]) == ("ok", "ok")


def test_every_command_asks_once_where_the_catalog_is(
    remote_root: RemoteRoot,
    s3_server: str,
    url: str,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ingest(remote_root, photos, catalog=url)
    preview(Library.resolve(remote_root), Filters(), SHORT, QUIET, INLINE)
    commands: list[tuple[str | Path, ...]] = [
        ("status",),
        ("query",),
        ("show", photos / "photo000.jpg"),
        ("gc",),
        ("verify", "--quick"),
        ("catalog", "snapshot"),
        ("catalog", "migrate"),
        ("ingest", photos, "--model", "small", "--inline", "--limit", "1"),
        ("preview", "--inline", "--seconds", "0.2", "--width", "64"),
        ("export", "--inline", "--kind", "ply", "--to", tmp_path / "out"),
        ("convert", "--inline", "--format", "ply"),
    ]
    with standing_before(s3_server) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        for command in commands:
            proxy.asked.clear()
            result = run(*command, "--library", str(remote_root))
            assert result.returncode == 0, result.stderr
            asked = [line.split() for line in proxy.asked if line.endswith("/catalog.url")]
            # s3fs asks for a file's size before it reads it.
            assert [method for method, _ in asked] == ["HEAD", "GET"], command


def test_the_gallery_shows_what_is_there(
    remote_root: RemoteRoot, url: str, photos: Path, tmp_path: Path
) -> None:
    ingest(remote_root, photos, catalog=url, settings=IngestSettings(previews=SHORT))
    with Library.resolve(remote_root).read() as reader:
        first, second, _ = find(reader, Filters())
        clip = reader.scalar(sa.select(artifacts.c.artifact_id).where(artifacts.c.kind == "clip"))
    Store(remote_root).remove(second.splat_path or "")
    settings = GallerySettings(Library.resolve(remote_root), tmp_path / "cache", read_only=True)
    with gallery_client(settings) as client:
        assert remote_root.name in client.get("/").text
        assert client.get(f"/thumbs/{first.photo_id}.webp").headers["content-type"] == "image/webp"
        stored = client.get(f"/scenes/{first.scene_id}.sog")
        assert len(stored.content) == first.splat_bytes
        assert client.get(f"/scenes/{first.scene_id}.ply").content.startswith(b"ply")
        assert client.get(f"/artifacts/{clip}").headers["content-type"] == "video/mp4"
        for name in ("sog", "ply"):
            assert client.get(f"/scenes/{second.scene_id}.{name}").status_code == 404


def test_what_is_made_of_scenes(
    remote_root: RemoteRoot, url: str, photos: Path, tmp_path: Path
) -> None:
    ingest(remote_root, photos, catalog=url)
    assert preview(Library.resolve(remote_root), Filters(), SHORT, QUIET, INLINE).done == 3
    again = preview(Library.resolve(remote_root), Filters(), SHORT, QUIET, INLINE)
    assert (again.done, again.unchanged) == (0, 3)
    spz = convert_library(
        Library.resolve(remote_root), Filters(), SplatSettings("spz"), QUIET, INLINE
    )
    assert (spz.done, spz.bytes_before > 0) == (3, True)
    assert {path[-4:] for path in files(remote_root, "scenes")} == {".spz"}
    order = ExportOrder(tmp_path / "out", Filters(), ExportSettings(("spz", "ply")))
    assert export_scenes(Library.resolve(remote_root), order, QUIET, INLINE).files == 6
    assert export_scenes(Library.resolve(remote_root), order, QUIET, INLINE).unchanged == 3
    elsewhere = ExportOrder(Path("s3://bucket/out"), Filters(), ExportSettings(("spz",)))
    with pytest.raises(UsageError, match="is an address"):
        export_scenes(Library.resolve(remote_root), elsewhere, QUIET, INLINE)
    check_whole(remote_root)


def test_what_is_damaged_is_found_and_made_again_and_what_is_left_over_goes(
    remote_root: RemoteRoot, url: str, photos: Path
) -> None:
    ingest(remote_root, photos, catalog=url)
    store = Store(remote_root)
    one, two, _ = files(remote_root, "scenes")
    size = store.size(one)
    store.write(one, lambda file: file.write(bytes(size)))
    store.remove(two)
    orphan = f"scenes/ab/ab{'0' * 30}.sog"
    store.write(orphan, lambda file: file.write(b"of nobody"))
    quick = verify(Library.resolve(remote_root), VerifySettings(quick=True), QUIET)
    assert quick.problems == {"missing": 1}
    damaged = verify(Library.resolve(remote_root), VerifySettings(repair=True), QUIET)
    assert damaged.problems == {"checksum": 1, "missing": 1}
    assert damaged.repaired == 2
    assert collect_garbage(Library.resolve(remote_root), QUIET).paths == [orphan]
    assert ingest(remote_root, photos).done == 2
    assert verify(Library.resolve(remote_root), VerifySettings(sample=3), QUIET).damaged == 0
    check_whole(remote_root)


def test_a_lost_catalog_comes_back_of_the_snapshot_and_the_scenes(
    remote_root: RemoteRoot, url: str, photos: Path, postgres_server: str
) -> None:
    ingest(remote_root, photos / "photo000.jpg", photos / "photo001.jpg", catalog=url)
    store = Store(remote_root)
    snapshot = {name: store.read_bytes(name) for name in files(remote_root, "catalog")}
    ingest(remote_root, photos)
    for name, data in snapshot.items():  # as if the last run had not written it
        store.write(name, lambda file, data=data: file.write(data))  # type: ignore[misc]
    before, other = contents(remote_root), fresh_schema(postgres_server)
    report = import_catalog(Library.resolve(remote_root, other), [photos], QUIET)
    assert (report.missing, report.adopted) == (0, 1)
    assert contents(remote_root) == before
    assert other.rpartition("test_")[2] in str(find_catalog(remote_root))


def test_a_store_that_cannot_be_used_is_said_so(
    remote_root: RemoteRoot, url: str, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("ingest", photos, "--catalog", url, "--model", "small", "--inline", "--library")
    missing = run(*command, "s3://no-such-bucket/photos")
    assert (missing.returncode, "no such bucket" in missing.stderr) == (1, True), missing.stderr
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    down = run("status", "--library", str(remote_root), "--json")
    assert down.returncode == 1
    assert "127.0.0.1:9" in json.loads(down.stdout)["error"]
    assert "AWS_ENDPOINT_URL" in json.loads(down.stdout)["hint"]


ADDRESS = "s3://bucket/photos/scenes/ab/ab12.sog"


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", ADDRESS],
        ["render", ADDRESS, "-o", "a.png"],
        ["render", "a.sog", "-o", ADDRESS],
        ["convert", ADDRESS, "a.ply"],
        ["convert", "a.sog", ADDRESS],
        ["predict", "a.jpg", "-o", ADDRESS],
    ],
)
def test_commands_for_single_files_say_that_an_address_is_none(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match=f"^{ADDRESS} is an address") as caught:
        make_command_line()(arguments, standalone_mode=False)
    assert "sharp-batch export" in caught.value.hint


def test_photos_are_not_kept_where_there_is_no_folder(remote_root: RemoteRoot) -> None:
    from jobs.gallery.upload_job import Job, JobState
    from jobs.gallery.upload_queue import UploadQueue

    job = Job("0", "a.jpg", Path("a.jpg"), "small", None, state=JobState.DONE)
    with pytest.raises(UsageError, match="holds no photos"):
        UploadQueue(Library(CatalogAddress(remote_root)), "").keep(job)

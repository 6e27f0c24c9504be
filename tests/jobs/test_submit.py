"""Jobs on a real cluster with its dashboard, in processes of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.ray_submit import passed_variables
from tests.jobs.whole_library import check_whole
from tests.made_photos import make_photos


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a dashboard, and the environment in which it is answered."""
    port = free_port()
    folder = tempfile.mkdtemp(prefix="sb-", dir="/tmp")  # sockets have short paths
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    head = subprocess.Popen(
        ["ray", "start", "--head", "--block", "--num-cpus=2", f"--port={free_port()}",
         f"--dashboard-port={port}", f"--temp-dir={folder}"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait_for_answer(port, head)
        yield f"http://127.0.0.1:{port}", environment
    finally:
        os.killpg(head.pid, signal.SIGTERM)
        try:
            head.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(head.pid, signal.SIGKILL)
            head.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_answer(port: int, head: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert head.poll() is None, "the cluster did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise AssertionError("no dashboard came up")


def submit(
    cluster: tuple[str, dict[str, str]], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    url, environment = cluster
    return subprocess.run(
        [sys.executable, "-m", "jobs", "ingest", *arguments, "--model", "prior", "--submit", url],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def test_an_ingest_runs_on_the_cluster_with_our_code_and_its_result_comes_back(
    cluster: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    make_photos(tmp_path / "photos", 1)
    done = submit(cluster, tmp_path, "photos", "--library", "lib", "--format", "ply", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["done"] == 1
    check_whole(tmp_path / "lib")


def test_the_exit_code_and_words_of_a_job_that_fails_are_those_of_the_command(
    cluster: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    failed = submit(cluster, tmp_path, "nowhere", "--library", "lib")
    assert failed.returncode == 2
    assert "nowhere does not exist" in failed.stderr


def test_a_job_is_told_where_an_object_store_is_and_no_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {
        "SHARP_BATCH_LIBRARY": "s3://bucket/photos",
        "AWS_ENDPOINT_URL": "http://store:9000",
        "AWS_PROFILE": "photos",
        "FSSPEC_S3_ENDPOINT_URL": "http://store:9000",
    }
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "FSSPEC_S3_SECRET")
    for name in (*told, *keys):
        monkeypatch.setenv(name, told.get(name, "a secret"))
    passed = passed_variables()
    assert told.items() <= passed.items()
    assert "a secret" not in passed.values()


def test_a_cluster_that_does_not_answer_is_said_so() -> None:
    nobody = f"http://127.0.0.1:{free_port()}", dict(os.environ)
    failed = submit(nobody, Path.cwd(), "photos")
    assert failed.returncode == 1
    assert "could not be submitted" in failed.stderr
    assert "Traceback" not in failed.stderr

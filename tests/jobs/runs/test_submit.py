"""A real cluster with its dashboard, in processes of its own: jobs on it, and runs through ray://."""

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
from typing import NamedTuple

import pytest

from pipeline.cluster.submit import passed_variables
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tests.support.whole_library import check_whole, files

pytestmark = pytest.mark.posix

MANY = 60


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


class Cluster(NamedTuple):
    dashboard: str  # its URL
    client: str  # what --address is from elsewhere
    environment: dict[str, str]  # in which it answers


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    port, client_port = free_port(), free_port()
    folder = tempfile.mkdtemp(prefix="sb-", dir="/tmp")  # sockets have short paths
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    head = subprocess.Popen(
        ["ray", "start", "--head", "--block", "--num-cpus=2", f"--port={free_port()}",
         f"--dashboard-port={port}", f"--ray-client-server-port={client_port}",
         f"--temp-dir={folder}",
         # Its usual port may be held by any other Ray of this machine; then jobs are refused.
         f"--dashboard-agent-listen-port={free_port()}"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait_for_answer(port, head)
        yield Cluster(f"http://127.0.0.1:{port}", f"ray://127.0.0.1:{client_port}", environment)
    finally:
        os.killpg(head.pid, signal.SIGTERM)
        try:
            head.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(head.pid, signal.SIGKILL)
            head.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_answer(port: int, head: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert head.poll() is None, "the cluster did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    wait_until(answers, lambda: "no dashboard came up", pause=0.3)


def start(
    folder: Path, environment: dict[str, str], *arguments: str, module: str = "jobs"
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, err


def submitted(cluster: Cluster, *arguments: str) -> list[str]:
    return ["ingest", *arguments, "--model", "small", "--submit", cluster.dashboard]


def test_an_ingest_runs_on_the_cluster_with_our_code_and_its_result_comes_back(
    cluster: Cluster, tmp_path: Path
) -> None:
    make_photos(tmp_path / "photos", 1)
    arguments = submitted(cluster, "photos", "--library", "lib", "--format", "ply", "--json")
    code, out, err = finish(start(tmp_path, cluster.environment, *arguments))
    assert code == 0, err
    assert json.loads(out)["done"] == 1
    check_whole(tmp_path / "lib")


def test_the_exit_code_and_words_of_a_job_that_fails_are_those_of_the_command(
    cluster: Cluster, tmp_path: Path
) -> None:
    arguments = submitted(cluster, "nowhere", "--library", "lib")
    code, _, err = finish(start(tmp_path, cluster.environment, *arguments))
    assert code == 2
    assert "nowhere does not exist" in err


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


@pytest.mark.parametrize("name", ["--catalog", "SHARP_BATCH_CATALOG"])
def test_a_password_does_not_go_where_others_read_it(tmp_path: Path, name: str) -> None:
    make_photos(tmp_path / "photos", 1)
    url = "postgresql+psycopg://me:secret@host/photos"
    arguments = ["ingest", "photos", "--model=small", f"--submit=http://127.0.0.1:{free_port()}"]
    environment = dict(os.environ)
    if name == "--catalog":
        arguments += [name, url]
    else:  # a job would be told of it though it has another address
        environment[name] = url
        arguments += ["--catalog", "postgresql+psycopg://me@host/photos"]
    code, _, err = finish(start(tmp_path, environment, *arguments))
    assert code == 2
    assert f"{name} holds a password" in err
    assert "~/.pgpass" in err
    assert "secret" not in err


def test_ctrl_c_ends_a_job_well(cluster: Cluster, tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", MANY)
    library = tmp_path / "lib"
    arguments = submitted(cluster, "photos", "--library", "lib", "--format", "ply", "--json")
    process = start(tmp_path, cluster.environment, *arguments)
    while not list(library.glob("scenes/*/[!.]*")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert code == 130, err
    report = json.loads(out)
    assert report["is_interrupted"]
    assert 1 <= report["done"] < MANY
    assert report["done"] == len(files(library, "scenes"))
    check_whole(library)


def test_an_ingest_from_a_machine_beside_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 1)
    arguments = ["ingest", "photos", "--library", "lib", "--model", "small", "--format", "ply"]
    environment = {**cluster.environment, "RAY_ADDRESS": cluster.client}
    code, out, err = finish(start(tmp_path, environment, *arguments, "--json"))
    assert code == 0, err
    assert json.loads(out)["done"] == 1
    check_whole(tmp_path / "lib")


def test_faults_are_told_apart_from_beside_the_cluster_too(
    cluster: Cluster, tmp_path: Path
) -> None:
    expected = {
        "good0": "done",
        "decode-kill-1": "done",
        "decode-raise": "unsupported",
        "predict-exit-1": "done",
        "good1": "done",
    }
    arguments = [str(tmp_path), cluster.client, *expected]
    process = start(ROOT, cluster.environment, *arguments, module="tests.support.faulty_run")
    code, out, err = finish(process)
    assert code == 0, err
    answer = json.loads(out)
    assert answer["ends"] == expected
    assert answer["tries"].pop("predict-exit-1", 0) <= 1  # none, if it was not alone
    assert answer["tries"] == {"decode-kill-1": 1}


def test_a_cluster_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 1)
    there = f"127.0.0.1:{free_port()}"
    for way, said in (
        (f"--submit=http://{there}", "could not be submitted"),
        (f"--address=ray://{there}", f"no Ray cluster answers at ray://{there}"),
    ):
        process = start(tmp_path, dict(os.environ), "ingest", "photos", "--model=small", way)
        code, _, err = finish(process)
        assert code == 1
        assert said in err
        assert "Traceback" not in err

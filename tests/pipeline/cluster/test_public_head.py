from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator

import pytest
import ray

from pipeline.cluster.public_head import PublicHead


@pytest.fixture
def folder() -> Iterator[str]:
    folder = tempfile.mkdtemp(dir="/tmp")  # Ray's paths of sockets may have 107 bytes
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_ray_that_cannot_start_is_reported_with_its_own_reason(folder: str) -> None:
    head = PublicHead(folder, object_store_bytes=1)  # less than Ray accepts
    try:
        with pytest.raises(RuntimeError, match=r"has ended.*[Oo]bject store"):
            head.connect()
    finally:
        head.end()


def test_a_ray_of_others_that_has_lost_its_head_is_not_waited_for(folder: str) -> None:
    # Ray finds others by their processes' names and options; this one is no raylet.
    lost = ["raylet", "-c", "read -r line", "--gcs-address=127.0.0.1:9"]
    with subprocess.Popen(lost, executable="/bin/sh", stdin=subprocess.PIPE) as process:
        head = PublicHead(folder, object_store_bytes=100_000_000)
        try:
            head.connect()
            assert ray.is_initialized()
        finally:
            ray.shutdown()
            head.end()
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()

from __future__ import annotations

import shutil
import tempfile
import time

import pytest

from pipeline.cluster.public_head import PublicHead


def test_a_ray_that_cannot_start_is_reported_with_its_own_reason() -> None:
    began = time.monotonic()
    folder = tempfile.mkdtemp(dir="/tmp")  # Ray's paths of sockets may have 107 bytes
    head = PublicHead(folder, object_store_bytes=1)  # less than Ray accepts
    try:
        with pytest.raises(RuntimeError, match=r"has ended.*[Oo]bject store"):
            head.connect()
    finally:
        head.end()
        shutil.rmtree(folder, ignore_errors=True)
    assert time.monotonic() - began < 100  # not after the whole patience of 120 s

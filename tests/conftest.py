"""Fixtures for all tests, and the choice of those that take long or need a GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

from pipeline.store.root import RemoteRoot
from tests.support.paths import PHOTOS
from tests.support.postgres import fresh_schema, running_server
from tests.support.s3 import fresh_bucket, running_s3, s3_environment

# A busy machine is no failure.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run tests that take minutes too")
    parser.addoption("--gpu", action="store_true", help="run tests that need a GPU too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for name, why in (("slow", "takes minutes"), ("gpu", "needs a GPU")):
        if not config.getoption(f"--{name}"):
            skip = pytest.mark.skip(reason=f"{why}; run ./scripts/test --{name}")
            for item in items:
                if name in item.keywords:
                    item.add_marker(skip)
    if os.name != "posix":
        for item in items:
            if "posix" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="needs POSIX"))


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test sees the settings or the caches of whoever runs it.

    The folder of caches is only named here: pytest makes each `tmp_path` slower than the last.
    """
    for name in ("LIBRARY", "CATALOG", "MODEL", "SAMPLES"):
        monkeypatch.delenv(f"SHARP_BATCH_{name}", raising=False)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    home = tmp_path_factory.getbasetemp() / "homes" / uuid4().hex
    monkeypatch.setenv("SHARP_BATCH_HOME", str(home))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the address of a PostgreSQL server that lives as long as the tests."""
    with running_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def catalog_url(request: pytest.FixtureRequest) -> str | None:
    """Return where a test's catalog is: each such test runs on both databases."""
    if request.param == "sqlite":
        return None
    return fresh_schema(request.getfixturevalue("postgres_server"))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Return the address of an S3 server that lives as long as the tests."""
    with running_s3() as address:
        yield address


@pytest.fixture
def remote_root(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> RemoteRoot:
    """Return an empty place in an object store, which this and other processes can reach."""
    for name, value in s3_environment(s3_server).items():
        monkeypatch.setenv(name, value)
    return fresh_bucket(s3_server)


@pytest.fixture
def sample_photos() -> Path:
    """Return the folder of the bundled sample photos."""
    return PHOTOS

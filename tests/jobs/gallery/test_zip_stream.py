"""Archives as streams: names, times and files that are unusual."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from anyio import CapacityLimiter

from jobs.gallery.zip_stream import UniqueNames, ZipEntry, open_file, zip_date, zip_stream


def archive_of(*entries: ZipEntry) -> zipfile.ZipFile:
    async def given() -> AsyncIterator[ZipEntry]:
        for entry in entries:
            yield entry

    async def received() -> bytes:
        return b"".join([chunk async for chunk in zip_stream(given(), CapacityLimiter(1))])

    return zipfile.ZipFile(io.BytesIO(asyncio.run(received())))


@pytest.fixture(params=["America/New_York", "Asia/Tokyo"])
def time_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system has one time zone for all processes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("time_zone")
def test_every_time_becomes_one_that_a_zip_can_hold() -> None:
    for early in (-1e12, 0.0, 315_532_800.0):  # 1980 in UTC
        assert zip_date(early)[:3] == (1980, 1, 1)
    for late in (4_354_819_199.0, 4_354_819_199.0 + 86_400, 1e12):  # the end of 2107 in UTC
        assert zip_date(late)[:3] == (2107, 12, 31)
    assert zip_date(1_000_000_000.0) == time.localtime(1_000_000_000)[:6]


def test_names_that_are_not_utf_8_and_messages_with_them_are_in_the_archive(tmp_path: Path) -> None:
    names, photo = UniqueNames(), tmp_path / "photo.jpg"
    photo.write_bytes(b"pixels")
    found = archive_of(
        ZipEntry(names.take("caf\udce9.jpg"), open_file(photo)),
        ZipEntry(names.take("caf\udce9.jpg"), "caf\udce9"),
    )
    assert found.namelist() == ["caf_xe9.jpg", "caf_xe9 (2).jpg"]
    assert [found.read(name) for name in found.namelist()] == [b"pixels", b"caf\\udce9"]


def test_names_that_some_systems_take_for_the_same_are_told_apart() -> None:
    names = UniqueNames()
    given = ("caf\u00e9.jpg", "cafe\u0301.jpg", "CAF\u00c9.JPG", "cafe.jpg")
    assert [names.take(name) for name in given] == [
        *("caf\u00e9.jpg", "cafe\u0301 (2).jpg", "CAF\u00c9 (3).JPG", "cafe.jpg"),
    ]

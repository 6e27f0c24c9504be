from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.store.root import OBJECT_STORES, RemoteRoot, parse_root
from schemas.errors import UsageError


@pytest.mark.parametrize(
    "text", ["photos", "/a/b", "C:\\Photos", "C://Photos", "~/Photos", "a:b", "s3:/bucket"]
)
def test_plain_text_is_a_folder(text: str) -> None:
    assert parse_root(text) == Path(text)


def test_a_file_address_is_a_folder_too() -> None:
    assert parse_root("file:///a/my%20photos") == Path("/a/my photos")
    with pytest.raises(UsageError, match="another machine"):
        parse_root("file://server/photos")


@pytest.mark.parametrize(
    ("text", "uri", "name"),
    [
        ("s3://bucket/photos", "s3://bucket/photos", "photos"),
        ("S3://bucket/a/photos/", "s3://bucket/a/photos", "photos"),
        ("gs://bucket", "gs://bucket", "bucket"),
        ("az://container/photos", "az://container/photos", "photos"),
        ("abfss://container@account.dfs.core.windows.net/photos",) * 2 + ("photos",),
    ],
)
def test_an_address_keeps_its_slashes_but_the_last(text: str, uri: str, name: str) -> None:
    root = parse_root(text)
    assert isinstance(root, RemoteRoot)
    assert (str(root), root.name) == (uri, name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s3://", "not a complete address"),
        ("s3:///photos", "not a complete address"),
        ("s3://bucket//photos", "not a complete address"),
        ("s3://bucket/photos::memory://photos", "not a complete address"),
        ("nowhere://bucket/photos", "nowhere://"),
        ("https://host/photos", "https://"),
        ("memory://photos", "memory://"),  # these fsspec could write, but not whole or not at all
        ("sftp://me@host/photos", "sftp://"),
        ("simplecache://bucket/photos", "simplecache://"),
        ("s3://[bucket/photos", "not an address"),
    ],
)
def test_what_is_no_address_is_said_so(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_root(text)
    assert "s3://bucket/photos" in caught.value.hint


def test_the_schemes_that_can_be_used_are_named() -> None:
    with pytest.raises(UsageError, match="whole or not at all") as caught:
        parse_root("memory://photos")
    assert all(f"{scheme}://" in caught.value.hint for scheme in OBJECT_STORES)


def test_a_password_is_refused_and_never_shown() -> None:
    with pytest.raises(UsageError, match="password") as caught:
        parse_root("s3://key:secret@bucket/photos")
    assert "secret" not in caught.value.message + caught.value.hint

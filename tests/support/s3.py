"""An S3 server of the tests' own, which listens on this machine alone, and buckets in it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import urllib.request
import uuid
from collections.abc import Iterator

from pipeline.store.root import RemoteRoot


@contextlib.contextmanager
def running_s3() -> Iterator[str]:
    """Yield the address of a server."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it tells of each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def s3_environment(server: str) -> dict[str, str]:
    """Return the variables by which programs find the server, and nothing of whoever runs this."""
    return {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",  # a server that is to be down is down
    }


def fresh_bucket(server: str) -> RemoteRoot:
    """Return the address of a library to be, in a bucket of its own."""
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"
    _send(f"{server}/{bucket}", "PUT", b"")
    return RemoteRoot(f"s3://{bucket}/photos")


@contextlib.contextmanager
def refusing(server: str) -> Iterator[None]:
    """Have the server refuse everybody meanwhile."""
    requests_allowed = f"{server}/moto-api/reset-auth"
    _send(requests_allowed, "POST", b"0")
    try:
        yield
    finally:
        _send(requests_allowed, "POST", b"inf")


def forbid_removal(server: str, root: RemoteRoot, relative: str) -> None:
    """Have the server refuse to remove one file where many are removed at once."""
    bucket, _, folder = str(root).removeprefix("s3://").partition("/")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{bucket}/{folder}/{relative}",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    _send(f"{server}/{bucket}?policy", "PUT", json.dumps(policy).encode())


def _send(address: str, method: str, data: bytes) -> None:
    headers = {"Content-Type": "text/plain"}
    request = urllib.request.Request(address, data, headers, method=method)
    urllib.request.urlopen(request, timeout=10).close()

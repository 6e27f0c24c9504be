"""The command `gallery` as a process, and requests to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.support.waiting import PATIENCE_SECONDS

COMMAND = [sys.executable, "-c", "from jobs.cli import main; main()", "gallery"]


class Server(NamedTuple):
    process: subprocess.Popen[str]
    address: str

    @property
    def port(self) -> int:
        return int(self.address.split(":")[2].split("/")[0])


def start(library: Path, *options: str, **environment: str) -> Server:
    process = subprocess.Popen(
        [*COMMAND, "--library", str(library), "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.communicate()
        text += line
    return Server(process, json.loads(text)["address"])


def end(server: Server, number: int = signal.SIGINT) -> tuple[int, str]:
    server.process.send_signal(number)
    _, said = server.process.communicate(timeout=PATIENCE_SECONDS)
    return server.process.returncode, said


def get(server: Server, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()

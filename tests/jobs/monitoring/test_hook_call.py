"""What goes wrong with one call of a hook is a HookError that shows no secret of its target."""

from __future__ import annotations

import shlex
import socket
import sys
import threading

import pytest

from jobs.monitoring.hook_call import call_hook
from schemas.errors import HookError


@pytest.mark.parametrize("answer", [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 500 Broken\r\n\r\n"])
def test_servers_that_answer_nonsense(answer: bytes) -> None:
    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve)
        server.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/secret"
        with pytest.raises(HookError, match=r"127\.0\.0\.1: ") as raised:
            call_hook(address, "{}", 10)
        server.join()
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    "target",
    ["http://me:secret@127.0.0.1/", "http://127.0.0.1/a secret", "http://127.0.0.1:1/secret"],
)
def test_addresses_that_cannot_be_asked(target: str) -> None:
    with pytest.raises(HookError) as raised:
        call_hook(target, "{}", 10)
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("/no/such/program", "No such file"),
        (f"{shlex.quote(sys.executable)} -c 'exit(3)'", "with 3"),
    ],
)
def test_commands_that_fail(program: str, told: str) -> None:
    with pytest.raises(HookError, match=told) as raised:
        call_hook(f"{program} --token secret", "{}", 60)
    assert "secret" not in raised.value.message

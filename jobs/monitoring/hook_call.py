"""One call of a hook: a command gets the document on stdin, a web address as the body of a POST."""

from __future__ import annotations

import contextlib
import http.client
import os
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from schemas.errors import HookError
from schemas.monitoring_settings import WEB_ADDRESS

_SHOWN = 200  # characters of what a command says when it fails


def call_hook(target: str, document: str, timeout: float) -> None:
    """Call a hook, and wait for its end. Raises HookError, also after `timeout` seconds."""
    if target.startswith(WEB_ADDRESS):
        post_json(target, document, timeout)
    else:
        _run(target, document, timeout)


def post_json(url: str, document: str, timeout: float) -> None:
    """Post a JSON document. Raises HookError, which names the host alone: paths may be secret."""
    headers = {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(url, document.encode(), headers)
        urllib.request.urlopen(request, timeout=timeout).close()
    except (http.client.InvalidURL, ValueError) as error:
        # Their texts quote the address, and a traceback would show them.
        raise HookError(f"not a usable web address ({type(error).__name__})") from None
    except (OSError, http.client.HTTPException) as error:
        raise HookError(f"{urlsplit(url).hostname}: {_reason_of(error)}") from error


def _reason_of(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # it is the answer, too
    elif isinstance(error, urllib.error.URLError):
        return str(error.reason)  # its own text is in angle brackets
    return str(error) or type(error).__name__


def _run(command: str, document: str, timeout: float) -> None:
    # Windows splits a command line by itself.
    arguments = command if os.name == "nt" else shlex.split(command)
    program = shlex.split(command)[0]  # messages name it alone: arguments may be secret
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C is for the run; and it can be ended with its children
        )
    except OSError as error:
        raise HookError(f"{program}: {error.strerror}") from error
    with process:
        try:
            _, said = process.communicate(document, timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise HookError(f"{program}: stopped after {timeout:g} s") from None
    if process.returncode:
        said = " ".join(said.split())[-_SHOWN:]
        raise HookError(f"{program}: ended with {process.returncode} {said}".rstrip())


def _end(process: subprocess.Popen[str]) -> None:
    """Kill a command with its children; on Windows, itself."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

"""Every private name of Ray that this program uses, for the versions that it was tested with.

Ray's public ways start daemons that a run on one machine does not need (the dashboard's server, the
autoscaler, the log monitor, each node's agents), which takes several times the CPU time. They also
leave the daemons in the process group of the run, where a terminal's signals reach them. `ray.init`
has no options for either, so for tested versions a few of its internal names are replaced while it
runs. With other versions `local` starts Ray by public means.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

import ray

TESTED_VERSIONS = ("2.60",)
_END_AGENTS = "RAY_enable_pipe_based_agent_to_parent_health_check"  # as soon as a raylet has ended
_NONE = -1  # as a port: Ray's word for none
_DISCARD = 1  # a port that nothing listens at, where Ray knows no such word

_log = logging.getLogger(__name__)


def is_tested_version() -> bool:
    """Tell whether this Ray's private names are known."""
    return ray.__version__.rpartition(".")[0] in TESTED_VERSIONS


def silence_deaths() -> None:
    """Keep Ray from printing each death of a worker or raylet on stdout, where results go.

    With every version that has this name: setting it can do no harm.
    """
    with contextlib.suppress(ImportError):
        from ray._private import worker

        if hasattr(worker, "_worker_logs_enabled"):
            worker._worker_logs_enabled = False


def import_serializers() -> None:
    """Import what Ray imports when it first serialises something: pydantic takes long.

    Called while Ray waits for its daemons, so that the first photo need not wait for it.
    """
    with contextlib.suppress(ImportError, AttributeError):
        if is_tested_version():
            from ray._common import pydantic_compat

            pydantic_compat._iter_model_field_types()


@contextlib.contextmanager
def one_attempt_to_connect() -> Iterator[None]:
    """While this holds, `ray.init` tries once to reach a head, for 35 s, instead of 20 times.

    It is a setting of Ray for the start of a head too, which must not happen meanwhile.
    """
    name = "RAY_gcs_server_port_wait_time_s"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def few_detached_daemons(worker_variables: bool) -> Iterator[None]:
    """While this holds, have `ray.init` start few daemons, each in a session of its own.

    With `worker_variables`, tasks can have environment variables of their own, as Ray Train wants.
    """
    from ray._private import parameter, services, utils

    class InOwnSession(services.ConsolePopen):  # type: ignore[misc]  # ray has no types of its own
        def __init__(self, command: list[str], **options: Any) -> None:  # noqa: ANN401 - of Popen
            if command[0] == services.RAYLET_EXECUTABLE and os.name == "posix":
                command = _without_agents(command, worker_variables)
                options["env"] = {**(options.get("env") or os.environ), _END_AGENTS: "1"}
            super().__init__(command, **options, start_new_session=True)

    class FewDaemons(parameter.RayParams):  # type: ignore[misc]
        def __init__(self, **given: Any) -> None:  # noqa: ANN401 - of RayParams
            super().__init__(**given, no_monitor=True, include_log_monitor=False)

    replacements: tuple[tuple[Any, str, Any], ...] = (
        (services, "ConsolePopen", InOwnSession),
        (services, "start_api_server", lambda *_, **__: (None, None)),
        (parameter, "RayParams", FewDaemons),
        # Else each node's agent serves HTTP, on a port that a real cluster's agent might need.
        (utils, "get_dashboard_dependency_error", lambda: "not wanted"),
    )
    before = [getattr(module, name) for module, name, _ in replacements]
    try:
        for module, name, replacement in replacements:
            setattr(module, name, replacement)
        yield
    finally:
        for (module, name, _), original in zip(replacements, before, strict=True):
            setattr(module, name, original)


def end_daemons_at_once() -> None:
    """Have `ray.shutdown` kill the daemons that this process has started.

    Else it asks each one to end, and waits for a second that is never enough.
    """
    if is_tested_version():
        from ray._private import worker

        node = worker._global_node
        if node is not None:
            end = node.kill_all_processes
            node.kill_all_processes = lambda **how: end(**{**how, "allow_graceful": False})


def _without_agents(raylet: list[str], worker_variables: bool) -> list[str]:
    """Return a raylet's command without the node's agents, which it waits for otherwise.

    A raylet ends with its agents, and each of them says in a file at which port it answers. So a
    `cat` stands in for an agent, which ends with the raylet, and the files are written here.
    """
    from ray._raylet import persist_port  # type: ignore[attr-defined]

    options = dict(part.split("=", 1) for part in raylet if "=" in part)
    ports = {"metrics_agent": _NONE, "metrics_export": _NONE, "dashboard_agent_listen": _NONE}
    agents = ["dashboard_agent"]
    if not worker_variables:
        ports["runtime_env_agent"] = _DISCARD
        agents.append("runtime_env_agent")
    for name, port in ports.items():
        persist_port(options["--session_dir"], options["--node_id"], f"{name}_port", port)
    stand_ins = {f"--{name}_command": "cat" for name in agents}
    names = [part.partition("=")[0] for part in raylet]
    return [
        f"{name}={stand_ins[name]}" if name in stand_ins else part
        for name, part in zip(names, raylet, strict=True)
    ]

"""Every private name of Ray that this program uses, for the versions that it was tested with.

Ray's public ways start daemons that a run on one machine does not need (the dashboard's server, the
autoscaler, the log monitor), which takes about twice the CPU time. They also leave the daemons in
the process group of the run, where a terminal's signals reach them. `ray.init` has no options for
either, so for tested versions a few of its internal names are replaced while it runs. With other
versions nothing here does anything, and `local` starts Ray by public means.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import ray

TESTED_VERSIONS = ("2.60",)

_log = logging.getLogger(__name__)


def is_tested_version() -> bool:
    """Tell whether this Ray's private names are known."""
    return ray.__version__.rpartition(".")[0] in TESTED_VERSIONS


def silence_worker_deaths() -> None:
    """Keep Ray from printing each worker's death on stdout, where results go."""
    if is_tested_version():
        from ray._private import worker

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
def few_detached_daemons() -> Iterator[None]:
    """While this holds, have `ray.init` start few daemons, each in a session of its own."""
    from ray._private import parameter, services, utils

    class InOwnSession(services.ConsolePopen):  # type: ignore[misc]  # ray has no types of its own
        def __init__(self, command: list[str], **options: Any) -> None:  # noqa: ANN401 - of Popen
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

"""Whether the machines of a cluster see the same library as this one."""

from __future__ import annotations

from collections.abc import Mapping

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.store.retry import stop_retrying
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store
from schemas.errors import RunError, SharpBatchError

_ANSWER_SECONDS = 60.0


def check_is_shared(library: LibraryRoot, hosts: Mapping[str, str]) -> None:
    """Raise RunError if a machine does not see what this one writes to the library.

    `hosts` are the names of machines by the ids of their nodes. Raises RayError where one does not
    answer, PhotoError where there is no room to write.
    """
    if not hosts:
        return
    store = Store(library)
    with store.write_test() as test_file:
        checks = [
            _check_task.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False)
            ).remote(store, test_file)
            for node_id in hosts
        ]
        answers = ray.get(checks, timeout=_ANSWER_SECONDS)
    problems = {
        host: problem
        for host, problem in zip(hosts.values(), answers, strict=True)
        if problem is not None
    }
    if problems:
        what = "; ".join(sorted(set(problems.values())))
        raise RunError(
            f"{library} is not the same library on {', '.join(sorted(problems))}: {what}",
            "The library has to be on storage that all machines of the cluster share, and each "
            "needs the packages and the rights to use it.",
        )


def _check(store: Store, test_file: str) -> str | None:
    """Return what is wrong with the library on this machine, if anything is."""
    stop_retrying()  # a store that does not answer here would take minutes
    try:
        return None if store.exists(test_file) else "what was written there is not seen"
    except SharpBatchError as error:
        return error.message


_check_task = ray.remote(num_cpus=0, max_retries=1)(_check)

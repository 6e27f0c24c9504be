"""A run of faulty stages on Ray, and how its photos end.

As a program, for clusters that a process can join only once:
python -m tests.support.faulty_run FOLDER ADDRESS PHOTO... prints ends and tries as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.flow.flow import Flow
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.outcomes import Done, Failed, Outcome, without_waiting
from schemas.records import PhotoFile
from tests.support.faulty_stages import Faults, FaultyDecode, FaultyEncode, FaultyPredict, photo


def flow(
    faults: Faults,
    batch_size: int = 2,
    setup_fault: str | None = None,
    limit_s: float = 2.0,
    seconds: float = 0.0,
) -> Flow:
    return Flow(
        FaultyDecode(faults, limit_s),  # type: ignore[arg-type]
        FaultyPredict(faults, limit_s, setup_fault, seconds),  # type: ignore[arg-type]
        FaultyEncode(faults, limit_s),  # type: ignore[arg-type]
        batch_size,
    )


def good(count: int) -> list[str]:
    return [f"good{index}" for index in range(count)]


def outcomes(runner: RayRunner, flow: Flow, files: list[PhotoFile]) -> list[Outcome]:
    return list(without_waiting(runner(flow, iter(files), Stop(), RunMonitor())))


def ends(found: Iterable[Outcome]) -> dict[str, str]:
    """Return how each photo ended; each ends once."""
    last: dict[str, str] = {}
    for outcome in found:
        if isinstance(outcome, Done):
            name, end = outcome.photo.file.path, "done"
        else:
            assert isinstance(outcome, Failed)
            if not outcome.is_final:
                assert outcome.file.path not in last
                continue
            name, end = outcome.file.path, str(outcome.reason)
        assert name not in last
        last[name] = end
    return last


def tries(found: Iterable[Outcome]) -> Counter[str]:
    """Return how often each photo was tried again."""
    again = [o for o in found if isinstance(o, Failed) and not o.is_final]
    return Counter(outcome.file.path for outcome in again)


def main() -> None:
    folder, address, *names = sys.argv[1:]
    with RayRunner(ClusterSettings(address)) as runner:
        found = outcomes(runner, flow(Faults(Path(folder))), [photo(name) for name in names])
    print(json.dumps({"ends": ends(found), "tries": tries(found)}))  # noqa: T201


if __name__ == "__main__":
    main()

"""What the flow on Ray costs: a network that sleeps, arrays of the real sizes, nothing stored.

    python scripts/bench_pipeline.py [--photos 300] [--gpus 8 --cores 32]

First the same stages in plain threads of one process, then on Ray: photos a second, the first
photo after Ray is up, the driver's memory along the way, and what the object store had to spill.
With --gpus, that many predictors of 60 ms a photo on a machine that Ray is told has --cores cores:
stages sleep, so what is measured is whether the driver keeps up with such a machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ray
from bench_environment import print_environment
from bench_stages import SleepingDecode, SleepingEncode, SleepingPredict, photos

from pipeline.flow import Flow
from pipeline.run_ray import ClusterSettings, RayRunner
from pipeline.stop import Stop
from pipeline.watch import Watch
from schemas.records import Outcome
from schemas.settings import Device

DECODE_SECONDS, ENCODE_SECONDS = 0.06, 0.06
STORE_BYTES = 600_000_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=0.1, help="of the network, a photo")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--gpus", type=int, default=0, help="simulate as many")
    parser.add_argument("--cores", type=int, default=32, help="of the simulated machine")
    options = parser.parse_args()
    print_environment()
    if options.gpus:
        many_gpus(options.photos, options.gpus, options.cores, options.batch)
        return
    flow = sleeping_flow(options.seconds, options.batch)
    in_threads = rate(lambda: run_threads(flow, options.photos), options.photos)
    print(f"plain threads   {in_threads.per_second:6.2f} photos/s of "
          f"{1 / options.seconds:.2f} at most")  # fmt: skip
    settings = ClusterSettings(device=Device.CPU, object_store_bytes=STORE_BYTES)
    with RayRunner(settings) as runner:
        watch = Watch()
        on_ray = rate(lambda: runner(flow, photos(options.photos), Stop(), watch), options.photos)
        print(f"Ray             {on_ray.per_second:6.2f} photos/s, "
              f"{on_ray.per_second / in_threads.per_second:.1%} of the threads'")  # fmt: skip
        print(f"first photo     {on_ray.first_seconds:6.2f} s after Ray was up")
        print(f"driver          {on_ray.memory[0]:.0f} to {max(on_ray.memory):.0f} MB")
        print(f"limited by      {watch.limited_by}, predictors {watch.busy_share:.0%} busy")
        print(f"object store    {spilled()}")


def many_gpus(count: int, gpus: int, cores: int, batch: int) -> None:
    """Report how near to the ideal a machine of many GPUs is driven."""
    seconds = 0.06
    flow = sleeping_flow(seconds, batch)
    os.environ["RAY_ADDRESS"] = ""
    ray.init(
        address="local", num_cpus=cores, num_gpus=gpus, include_dashboard=False,
        log_to_driver=False, object_store_memory=4_000_000_000,
    )  # fmt: skip
    runner = RayRunner(ClusterSettings(object_store_bytes=4_000_000_000))
    result = rate(lambda: runner(flow, photos(count), Stop(), Watch()), count)
    ideal = gpus / seconds
    print(f"{gpus} predictors of {1000 * seconds:.0f} ms on {cores} cores: "
          f"{result.steady:.1f} photos/s, {result.steady / ideal:.0%} of the ideal")  # fmt: skip
    needed = result.steady * (DECODE_SECONDS + ENCODE_SECONDS) / gpus
    print(f"cores that the stages keep busy for one GPU: {needed:.1f}")
    ray.shutdown()


class Rate:
    """How a run went."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._started = time.perf_counter()
        self._finished: list[float] = []
        self.memory: list[float] = []

    def see(self) -> None:
        """Count one outcome."""
        self._finished.append(time.perf_counter() - self._started)
        if len(self._finished) % max(1, self._count // 20) == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)

    @property
    def first_seconds(self) -> float:
        """Until the first outcome."""
        return self._finished[0]

    @property
    def per_second(self) -> float:
        """Over the whole run, without what it took to begin."""
        return (len(self._finished) - 1) / (self._finished[-1] - self._finished[0])

    @property
    def steady(self) -> float:
        """Over the middle half of the run."""
        low, high = len(self._finished) // 4, 3 * len(self._finished) // 4
        return (high - low) / (self._finished[high] - self._finished[low])


def rate(run: Callable[[], Iterator[Outcome]], count: int) -> Rate:
    """Run and count."""
    result = Rate(count)
    for _ in run():
        result.see()
    return result


def sleeping_flow(seconds: float, batch: int) -> Flow:
    """Return stages that sleep."""
    return Flow(
        SleepingDecode(DECODE_SECONDS),  # type: ignore[arg-type]
        SleepingPredict(seconds),  # type: ignore[arg-type]
        SleepingEncode(ENCODE_SECONDS),  # type: ignore[arg-type]
        batch,
    )


def run_threads(flow: Flow, count: int) -> Iterator[Outcome]:
    """Run the same stages in threads: two to decode, one to predict, two to encode."""
    files = photos(count)
    with ThreadPoolExecutor(2) as decoders, ThreadPoolExecutor(2) as encoders:
        decoding = deque(decoders.submit(flow.decode.process, file) for file in islice(files, 12))
        encoding: deque[Future[Outcome]] = deque()
        while decoding:
            batch: list[Any] = []
            while decoding and len(batch) < (flow.batch_size or 1):
                batch.append(decoding.popleft().result())
                decoding.extend(decoders.submit(flow.decode.process, f) for f in islice(files, 1))
            for (photo, _), result in zip(batch, flow.predict.process(batch), strict=True):
                encoding.append(encoders.submit(flow.encode.process, photo, *result))  # type: ignore[misc]
            while encoding and encoding[0].done():
                yield encoding.popleft().result()
        for future in encoding:
            yield future.result()


def spilled() -> str:
    """Return what Ray says of objects that did not fit into memory."""
    from ray._private.internal_api import memory_summary

    address = ray.get_runtime_context().gcs_address
    summary = memory_summary(address=address, stats_only=True)
    return "; ".join(line for line in summary.splitlines() if "pill" in line) or "spilled nothing"


if __name__ == "__main__":
    main()

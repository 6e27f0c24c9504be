"""Throughput of the flow on Ray: stages that sleep, arrays of real size, nothing stored.

    python scripts/bench_pipeline.py [--photos 300] [--gpus 8 [--cores 32]]

First the same stages in plain threads of one process, then on Ray: photos per second, time to the
first photo after the start of Ray, memory of the driver, and what the object store spilled.
With --gpus, it simulates that many predictors of 60 ms per photo, on a machine with as many cores
as they need. Stages sleep for the measured time of the real ones. Arrays are small, since this
machine lacks the cores that would copy them: the benchmark measures whether the driver keeps up. A
small machine cannot run hundreds of workers: with --cores, fewer and faster workers replace them,
and the driver has the same load.
"""

from __future__ import annotations

import io
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import ray
from bench_scenes import FOCAL_PX, SAMPLE, SIZE, network_scene
from bench_stages import SleepingDecode, SleepingEncode, SleepingPredict, photos
from bench_support import best_of, option_parser, print_environment, resident_mb
from PIL import Image

from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.decode.decode import decode
from pipeline.decode.thumbnail import thumbnail
from pipeline.flow.flow import Flow
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.choices import Device
from schemas.outcomes import Outcome, without_waiting
from schemas.records import MediaType
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.bundle import write_sog_planes
from sharp_core.formats.sog.settings import SogOptions
from sharp_core.formats.sog.write import prepare_sog

DECODE_SECONDS, ENCODE_SECONDS = 0.06, 0.06
STORE_BYTES = 600_000_000


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=0.1, help="of the network, a photo")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--gpus", type=int, default=0, help="simulate as many")
    parser.add_argument("--cores", type=int, help="workers that stand for all cores")
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
        monitor = RunMonitor()
        on_ray = rate(
            lambda: without_waiting(runner(flow, photos(options.photos), Stop(), monitor)),
            options.photos,
        )
        print(f"Ray             {on_ray.per_second:6.2f} photos/s, "
              f"{on_ray.per_second / in_threads.per_second:.1%} of the threads'")  # fmt: skip
        print(f"first photo     {on_ray.first_seconds:6.2f} s after Ray was up")
        print(f"driver          {on_ray.memory[0]:.0f} to {max(on_ray.memory):.0f} MB")
        print(f"limited by      {monitor.limited_by}, predictors {monitor.busy_share:.0%} busy")
        print(f"object store    {spilled()}")


def many_gpus(count: int, gpus: int, cores: int | None, batch: int) -> None:
    """Report the throughput of a machine with many GPUs, relative to the ideal."""
    predict = 0.06
    decode, encode = decode_seconds(), encode_seconds()
    per_gpu = (decode + encode) / predict
    needed = math.ceil(1.1 * gpus * per_gpu)
    cores = cores or needed
    share = min(1.0, cores / needed)
    print(f"one core decodes in {decode:.2f} s and encodes in {encode:.2f} s: at {predict:.2f} s "
          f"a photo, a GPU keeps {per_gpu:.1f} cores busy")  # fmt: skip
    flow = Flow(
        SleepingDecode(share * decode, width=64, height=48),  # type: ignore[arg-type]
        SleepingPredict(predict, grid=(16, 8)),  # type: ignore[arg-type]
        SleepingEncode(share * encode),  # type: ignore[arg-type]
        batch,
    )
    os.environ["RAY_ADDRESS"] = ""
    ray.init(
        address="local", num_cpus=cores, num_gpus=gpus, include_dashboard=False,
        log_to_driver=False, object_store_memory=STORE_BYTES,
    )  # fmt: skip
    runner = RayRunner(ClusterSettings(object_store_bytes=STORE_BYTES))
    result = rate(lambda: without_waiting(runner(flow, photos(count), Stop(), RunMonitor())), count)
    ideal = gpus / predict
    print(f"{gpus} predictors of {1000 * predict:.0f} ms on {needed} cores ({cores} workers): "
          f"{result.steady:.1f} photos/s, {result.steady / ideal:.0%} of the ideal")  # fmt: skip
    ray.shutdown()


def decode_seconds() -> float:
    """Return the CPU seconds to decode a JPEG of 12 megapixels and make its thumbnail."""
    file = io.BytesIO()
    Image.open(SAMPLE).convert("RGB").resize((4032, 3024)).save(file, "JPEG", quality=90)
    data = file.getvalue()
    return best_of(3, lambda: thumbnail(decode(data, MediaType.JPEG))).cpu


def encode_seconds() -> float:
    """Return the CPU seconds to encode a quantised scene as SOG."""
    info, options = SceneInfo(FOCAL_PX, *SIZE), SogOptions(threads=1)
    planes = prepare_sog(network_scene(SAMPLE), info, options)
    return best_of(3, lambda: write_sog_planes(io.BytesIO(), planes, info, options)).cpu


class Rate:
    """Times and memory of a run."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._started = time.perf_counter()
        self._finished: list[float] = []
        self.memory: list[float] = []

    def count(self) -> None:
        """Count one outcome."""
        self._finished.append(time.perf_counter() - self._started)
        if len(self._finished) % max(1, self._count // 20) == 0:
            self.memory.append(resident_mb())

    @property
    def first_seconds(self) -> float:
        """Seconds until the first outcome."""
        return self._finished[0]

    @property
    def per_second(self) -> float:
        """Photos per second over the run, without its start."""
        return (len(self._finished) - 1) / (self._finished[-1] - self._finished[0])

    @property
    def steady(self) -> float:
        """Photos per second over the middle half of the run."""
        low, high = len(self._finished) // 4, 3 * len(self._finished) // 4
        return (high - low) / (self._finished[high] - self._finished[low])


def rate(run: Callable[[], Iterator[Outcome]], count: int) -> Rate:
    """Run and count."""
    result = Rate(count)
    for _ in run():
        result.count()
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
    """Return Ray's statistics of spilled objects."""
    from ray._private.internal_api import memory_summary

    address = ray.get_runtime_context().gcs_address
    summary = memory_summary(address=address, stats_only=True)
    return "; ".join(line for line in summary.splitlines() if "pill" in line) or "spilled nothing"


if __name__ == "__main__":
    main()

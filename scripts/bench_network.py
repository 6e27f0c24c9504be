"""Time, memory and error of the published network per photo, by precision and batch size.

    python scripts/bench_network.py --checkpoint sharp.pt                      # CPU, one photo
    python scripts/bench_network.py --device cuda --dtypes fp32 tf32 bf16 fp16 \
        --batches 1 2 4 8 --repeat 5 --compiled no kernels graphs --published ml-sharp

Without --checkpoint it uses the stand-in weights of the tests: times are the same, errors are not
those of real weights. `photo` is the time from 12 megapixels of uint8 to metric Gaussians on the
device, `forward` the network's part of it, both per photo. Errors are relative to fp32 at batch 1.
On a GPU a line below says what the copies of a photo and of its scene take.
The floor is the network's operations over the rate of matrix products, measured in the same run and
precision. --published PATH first runs the forward pass of a checkout of apple/ml-sharp.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from bench_support import Timing, best_of, option_parser, print_environment
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from schemas.choices import DType
from sharp_core.models.interface import PredictorInput
from sharp_core.models.sharp.compiling import Compiled
from sharp_core.models.sharp.network.config import PRESETS, NetworkConfig, PresetName
from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.models.sharp.precision import dtype_of, torch_precision
from sharp_core.models.sharp.predictor import SharpPredictor
from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.models.two_layer.ndc_to_metric import Shapes, covariances
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.to_host import to_host
from tests.support import stand_in

PHOTO_HEIGHT, PHOTO_WIDTH, FOCAL_PX = 3024, 4032, 3200.0
CLEAR_REFS = Path("/proc/self/clear_refs")
MATRIX_ROWS = 35 * 577  # tokens of one photo's patches


def main() -> None:
    options = parse_options()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    config = PRESETS[options.preset]
    operations = count_operations(config)
    print_environment()
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"# {where}, {torch.get_num_threads()} threads, {operations / 1e12:.2f} TFLOP a photo")
    with checkpoint_of(options.preset, options.checkpoint) as checkpoint:
        if options.published:
            bench_published(options.published, checkpoint, config, device, options.repeat)
        print("precision compiled batch | forward s | photo s | CPU s | peak GB | TFLOP/s floor s"
              " | error of means, covariances")  # fmt: skip
        reference: Gaussians | None = None
        for dtype in options.dtypes:
            rate = matrix_rate(dtype, config.vit.width, device)
            for compiled in options.compiled:
                for batch in options.batches:
                    predictor = SharpPredictor.load(
                        checkpoint, options.preset, device=options.device, dtype=dtype,
                        batch_size=batch, compiled=compiled,
                    )  # fmt: skip
                    scene = bench(predictor, dtype, batch, rate, operations, options.repeat)
                    if reference is None and dtype == "fp32":
                        reference = scene
                    print_errors(scene, reference)
                    if device.type == "cuda":
                        bench_copies(predictor, scene, options.repeat)
                    del predictor


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--preset", choices=get_args(PresetName), default="sharp")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batches", type=int, nargs="+", default=[1])
    # fp32 first: the errors of the others are against it.
    parser.add_argument(
        "--dtypes", nargs="+", default=[DType.FP32], choices=list(DType)[1:], type=DType
    )
    parser.add_argument("--compiled", nargs="+", default=["no"], choices=get_args(Compiled))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--published", type=Path)
    return parser.parse_args()


def bench(
    predictor: SharpPredictor,
    dtype: DType,
    batch: int,
    rate: float,
    operations: int,
    repeat: int,
) -> Gaussians:
    """Time one configuration, print its row without the errors, and return the first scene."""
    device = predictor.device
    photos = [photo(index) for index in range(batch)]
    forwards: list[float] = []
    predictor._run = timed(predictor._run, device, forwards)
    scenes: list[Gaussians] = []

    def predict() -> None:
        scenes[:] = predictor.predict(photos)

    reset_peak(device)
    whole = best_on(device, repeat, predict)
    print(
        f"{dtype:9} {predictor.compiled:8} {batch:5} | {min(forwards) / batch:9.4f} |"
        f" {whole.wall / batch:7.4f} | {whole.cpu / batch:5.1f} | {peak_gb(device):7.2f} |"
        f" {rate / 1e12:7.2f} {operations / rate:7.4f}",
        end="",
        flush=True,
    )
    return scenes[0]


def bench_copies(predictor: SharpPredictor, scene: Gaussians, repeat: int) -> None:
    """Print the time of the copies of one photo to the device, and of its scene back.

    Each first through memory of any kind. An upload is hidden where another batch is computed.
    """
    device = predictor.device
    pixels = photo(0).pixels
    pixels.flags.writeable = False  # as Ray gives them
    columns = torch.from_numpy(scene.to_array()).to(device)

    def copy_plainly() -> None:
        torch.from_numpy(np.require(pixels, requirements="W")).to(device)

    def upload() -> None:
        with predictor.uploading([pixels]):
            synchronize(device)

    runs = (copy_plainly, upload, columns.cpu, lambda: to_host(columns))
    times = [f"{best_on(device, repeat, run).wall:.4f}" for run in runs]
    print(f"# copies: photo {times[0]} s, uploaded ahead {times[1]} s;"
          f" scene {times[2]} s, page-locked {times[3]} s")  # fmt: skip


def timed(
    run: Callable[[Tensor, Tensor], NdcGaussians], device: torch.device, seconds: list[float]
) -> Callable[[Tensor, Tensor], NdcGaussians]:
    """Return `run`, which also appends the time of each call to `seconds`."""

    def timed_run(images: Tensor, factors: Tensor) -> NdcGaussians:
        synchronize(device)
        started = time.perf_counter()
        result = run(images, factors)
        synchronize(device)
        seconds.append(time.perf_counter() - started)
        return result

    return timed_run


def bench_published(
    path: Path, checkpoint: Path, config: NetworkConfig, device: torch.device, repeat: int
) -> None:
    """Time the forward pass of the published code: float32, one photo."""
    sys.path.insert(0, str(path / "src"))
    models = importlib.import_module("sharp.models")
    predictor = models.create_predictor(models.PredictorParams())
    predictor.load_state_dict(torch.load(checkpoint, mmap=True, weights_only=True), assign=True)
    predictor.eval().to(device)
    image = torch.rand((1, 3, config.resolution, config.resolution), device=device)
    factor = torch.tensor([0.8], device=device)
    reset_peak(device)

    @torch.no_grad()
    def forward() -> None:
        predictor(image, factor)

    timing = best_on(device, repeat, forward)
    print(f"published code: forward {timing.wall:.4f} s, CPU {timing.cpu:.1f} s, "
          f"peak {peak_gb(device):.2f} GB")  # fmt: skip


def count_operations(config: NetworkConfig) -> int:
    """Return the floating point operations of one photo, without computing any."""
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        side = config.resolution
        SharpNetwork(config).eval()(torch.empty((1, 3, side, side)), torch.empty(1))
    return int(counter.get_total_flops())


def matrix_rate(dtype: DType, width: int, device: torch.device) -> float:
    """Return operations a second of the transformers' largest product, in `dtype`."""
    rows = MATRIX_ROWS if device.type != "cpu" else MATRIX_ROWS // 10
    left = torch.randn((rows, width), device=device).to(dtype_of(dtype))
    right = torch.randn((width, 4 * width), device=device).to(dtype_of(dtype))
    with torch_precision(dtype):
        timing = best_on(device, 5, lambda: left @ right)
    return 2.0 * rows * width * 4 * width / timing.wall


def best_on(device: torch.device, repeat: int, run: Callable[[], object]) -> Timing:
    """Return the minimum time of `repeat` runs, after two warm-up runs on a GPU."""
    warm_up = 0 if device.type == "cpu" else 2
    return best_of(repeat, run, warm_up=warm_up, synchronize=lambda: synchronize(device))


def synchronize(device: torch.device) -> None:
    """Wait for the device to be done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def reset_peak(device: torch.device) -> None:
    """Reset the peak memory, if the device or the system can."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif CLEAR_REFS.exists():
        gc.collect()
        CLEAR_REFS.write_text("5")  # proc(5): resets the peak to the current use


def peak_gb(device: torch.device) -> float:
    """Return peak memory of the device, or of this process including its mapped weights."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def print_errors(scene: Gaussians, reference: Gaussians | None) -> None:
    """End the row with the errors against the first fp32 scene."""
    if reference is None:
        print(" | -")
        return
    means = relative_error(scene.means, reference.means)
    shapes = [covariances(Shapes(s.quats.double(), s.scales.double())) for s in (scene, reference)]
    print(f" | {means:.1e}, {relative_error(*shapes):.1e}")


def relative_error(found: Tensor, expected: Tensor) -> float:
    """Return the norm of the difference over the norm."""
    norm = torch.linalg.vector_norm
    return float(norm(found.double() - expected.double()) / norm(expected.double()))


def photo(seed: int) -> PredictorInput:
    """Return a synthetic photo of 12 megapixels: soft shapes with grain."""
    rng = np.random.default_rng(seed)
    small = torch.from_numpy(rng.random((1, 3, 24, 32), dtype=np.float32))
    large = torch.nn.functional.interpolate(small, (PHOTO_HEIGHT, PHOTO_WIDTH), mode="bicubic")
    grain = 0.02 * torch.from_numpy(rng.standard_normal(large.shape, dtype=np.float32))
    pixels = (255 * (large + grain).clamp(0, 1)).to(torch.uint8)[0].permute(1, 2, 0)
    return PredictorInput(pixels.contiguous().numpy(), FOCAL_PX)


@contextmanager
def checkpoint_of(preset: PresetName, given: Path | None) -> Iterator[Path]:
    """Yield `given`, or a temporary file of the stand-in weights of the tests."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stand-in.pt"
        # In a separate process: memory that its allocator keeps would count as the network's.
        writer = multiprocessing.get_context("spawn").Process(
            target=write_stand_in, args=("full" if preset == "sharp" else preset, path)
        )
        writer.start()
        writer.join()
        yield path


def write_stand_in(preset: str, path: Path) -> None:
    """Save stand-in weights."""
    torch.save(stand_in.weights(preset), path)


if __name__ == "__main__":
    main()

"""Time to convert the network's Gaussians from NDC to metres.

    python scripts/bench_unproject.py [--device cuda] [--repeat 5] [--threads 2]

Baseline in the same run: a float64 SVD of all covariances on the CPU, as the published tool does.
"""

from __future__ import annotations

import torch
from bench_support import best_of, option_parser, print_environment
from torch import Tensor

from sharp_core.models.sharp.network.config import PRESETS
from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.models.two_layer.ndc_to_metric import Shapes, covariances, ndc_to_metric

FOCAL_PX, WIDTH, HEIGHT = 1612.8, 2016, 1512


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    print_environment()
    ndc = random_ndc(PRESETS["sharp"].gaussians, device)
    factors = torch.tensor((WIDTH / (2 * FOCAL_PX), HEIGHT / (2 * FOCAL_PX), 1.0), device=device)
    expected = covariances(Shapes(ndc.quats[0].double(), ndc.scales[0].double()))
    expected = factors.double()[:, None] * expected * factors.double()

    with torch.inference_mode():
        scene = ndc_to_metric(ndc, 0, FOCAL_PX, WIDTH, HEIGHT)
        found = covariances(Shapes(scene.quats.double(), scene.scales.double()))
        norm = torch.linalg.matrix_norm
        error = float((norm(found - expected) / norm(expected)).max())
        wait = torch.cuda.synchronize if device.type == "cuda" else torch.cpu.synchronize
        ours = best_of(
            options.repeat,
            lambda: ndc_to_metric(ndc, 0, FOCAL_PX, WIDTH, HEIGHT),
            synchronize=wait,
        )
        published = best_of(1, lambda: decompose_as_published(expected), synchronize=wait)
    print(f"Gaussians               {len(scene):,}, {options.threads} threads")
    for name, (wall, cpu) in (("to metric", ours), ("float64 SVD on the CPU", published)):
        print(f"{name:22}  {wall * 1e3:9.1f} ms   CPU time {cpu * 1e3:9.1f} ms")
    print(f"largest error of one covariance, relative: {error:.1e}")


def random_ndc(count: int, device: torch.device) -> NdcGaussians:
    """Return Gaussians as the network gives them, in its memory layout (attributes apart)."""
    generator = torch.Generator().manual_seed(0)

    def normal(channels: int) -> Tensor:
        values = torch.randn(channels, count, generator=generator).to(device)
        return values.t()[None]  # (1, N, channels)

    identity = torch.tensor((1.0, 0.0, 0.0, 0.0), device=device)
    return NdcGaussians(
        means=normal(3),
        quats=identity + 0.5 * normal(4),
        scales=0.002 * torch.exp(normal(3)),
        opacities=torch.sigmoid(normal(1))[..., 0],
        colors=torch.sigmoid(normal(3)),
    )


def decompose_as_published(matrices: Tensor) -> None:
    """Decompose covariances in float64 on the CPU."""
    torch.linalg.svd(matrices.cpu())


if __name__ == "__main__":
    main()

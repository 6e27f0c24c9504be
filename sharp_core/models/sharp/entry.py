"""The entry of the model `sharp`."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.models.entry import DownloadedWeights, ModelEntry

LICENCE_NOTICE = (
    "The weights of SHARP are Apple's, 2.8 GB, and licensed for research purposes only: "
    "https://github.com/apple/ml-sharp/blob/main/LICENSE_MODEL. "
    "Downloading them means accepting that licence."
)

SHARP = ModelEntry(
    name="sharp",
    label="the published network (2.8 GB of weights, research licence)",
    rank=30,
    load=Lazy("sharp_core.models.sharp.predictor", "load"),
    weights=DownloadedWeights(
        bytes=2_800_000_000,
        licence=LICENCE_NOTICE,
        source=Lazy("sharp_core.models.sharp.checkpoint"),
    ),
    presets=("sharp", "tiny"),
    dtypes=("fp32", "tf32", "bf16", "fp16"),
    can_compile=True,
    cpu_seconds=90.0,
    gpu_seconds=0.3,
    gpu_batch=4,
)

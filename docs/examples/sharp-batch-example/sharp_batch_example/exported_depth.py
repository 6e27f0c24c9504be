"""A model for sharp-batch: a depth network of your own, lifted to two layers of Gaussians.

The network is a file of torch.export.save. In: (1, 3, 518, 518) sRGB from 0 to 1. Out: (1, h, w)
relative disparity, more is nearer, as MiDaS and Depth Anything predict it.
"""

from __future__ import annotations

from pathlib import Path

import sharp_batch as sb

SIDE_PX, NEAREST_M = 518, 1.5  # relative disparity has no scale: the nearest point is this far
WEIGHTS = sb.GivenWeights("exported-depth", version="1")  # of this code: a change makes new scenes


class ExportedDepth:
    """A network that is loaded from a file."""

    name = WEIGHTS.model

    def __init__(self, _settings: sb.ModelSettings, device: str, network: Path) -> None:
        import torch  # takes seconds: not for the help of the command line

        self.device = torch.device(device)
        self.fingerprint = WEIGHTS.inspect_checkpoint(network).fingerprint
        self._network = torch.export.load(network).module().to(self.device)

    def predict(self, photos: list[sb.PredictorInput]) -> list[sb.Gaussians]:
        """Return one scene per photo, in order, in metres."""
        return [self._lift(photo) for photo in photos]

    def predict_with_scale(self, photos: list[sb.PredictorInput]) -> list[sb.PredictedScene]:
        """Return the scenes, and that their scale is an assumption."""
        return [sb.PredictedScene(self._lift(one), sb.ScaleSource.DEFAULT) for one in photos]

    def _lift(self, photo: sb.PredictorInput) -> sb.Gaussians:
        import torch

        picture = torch.tensor(photo.pixels, device=self.device).permute(2, 0, 1)[None] / 255
        size = (SIDE_PX, SIDE_PX)
        small = torch.nn.functional.interpolate(picture, size, mode="bilinear", antialias=True)
        with torch.inference_mode():
            relative = self._network(small)[0].clamp_min(0).cpu()
        disparity = relative / relative.max() / NEAREST_M  # 1/m
        return sb.lift_to_gaussians(disparity, photo.pixels, photo.focal_px)


MODEL = sb.ModelEntry(
    name=WEIGHTS.model,
    label="a depth network of your own (--checkpoint FILE.pt2)",
    rank=5,  # below the models that come with the program: their scenes are preferred
    load=sb.Lazy(__name__, "ExportedDepth"),
    weights=sb.DownloadedWeights(0, "", sb.Lazy(__name__, "WEIGHTS")),
    gpu_seconds=1.0,
)

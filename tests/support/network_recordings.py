"""Comparing a forward pass with a recorded one, stage by stage in the order of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.models.two_layer.ndc_to_metric import Shapes, covariances, ndc_to_metric
from tests.support import stand_in


@dataclass(frozen=True)
class Stage:
    """One recorded quantity: what was found, what was recorded, and the error allowed."""

    name: str
    found: torch.Tensor
    recorded: torch.Tensor
    allowed: float = 1e-5

    @property
    def error(self) -> float:
        difference = self.found.double() - self.recorded.double()
        norm = torch.linalg.vector_norm
        return float(norm(difference) / norm(self.recorded.double()))


def compare(network: SharpNetwork, recording: str, salt: str, allowed: float = 1e-5) -> list[Stage]:
    """Run `network` on the recording's photo and return the stages, first to last."""
    recorded = {
        name: torch.from_numpy(value)
        for name, value in np.load(stand_in.NETWORK_DATA / f"{recording}.npz").items()
    }
    height, width = recorded["photo_hw"].tolist()
    focal_px = float(recorded["f_px"])
    side = int(recorded["internal_resolution"])
    photo = torch.from_numpy(stand_in.photo(height, width, salt)).permute(2, 0, 1)[None] / 255
    image = functional.interpolate(photo, (side, side), mode="bilinear", align_corners=True)

    seen = _watch(network)
    with torch.inference_mode():
        ndc = network(image, torch.tensor([focal_px / width]))
        metric = ndc_to_metric(ndc, 0, focal_px, width, height)
    assert len(metric) == int(recorded["count"])

    stages = [
        Stage(name, seen[name], recorded[f"{name}_mean_std"], allowed)
        for name in (*(f"encoder_feature_{level}" for level in range(5)), "decoder_feature")
    ]
    y, x = recorded["pixel_yx"]
    disparity = seen["disparity"][0][:, y, x]
    stages.append(Stage("disparity", disparity, recorded["disparity"], 1e-6))
    y, x = recorded["delta_yx"]
    stages.append(Stage("delta", seen["delta"][0][:, :, y, x], recorded["delta"], allowed))
    at = recorded["index"]
    for space, found in (
        ("ndc", {name: getattr(ndc, name)[0] for name in ndc._fields}),
        ("gaussians", {name: getattr(metric, name) for name in ndc._fields}),
    ):
        for ours, theirs in (
            ("means", "mean_vectors"),
            ("colors", "colors"),
            ("opacities", "opacities"),
        ):
            of = recorded[f"{space}_{theirs}"]
            stages.append(Stage(f"{space} {ours}", found[ours][at], of, allowed))
        shapes = Shapes(found["quats"][at].double(), found["scales"][at].double())
        recorded_shapes = Shapes(
            recorded[f"{space}_quaternions"].double(),
            recorded[f"{space}_singular_values"].double(),
        )
        expected = covariances(recorded_shapes)
        stages.append(Stage(f"{space} covariances", covariances(shapes), expected, allowed))
    return stages


def _watch(network: SharpNetwork) -> dict[str, torch.Tensor]:
    """Return what the stages inside of the next forward pass give, filled as it runs."""
    seen: dict[str, torch.Tensor] = {}

    def statistics(map_: torch.Tensor) -> torch.Tensor:
        return torch.stack((map_.double().mean(), map_.double().std()))

    def note_features(module, inputs, features):
        for level, map_ in enumerate(features):
            seen[f"encoder_feature_{level}"] = statistics(map_)

    depth = network.monodepth_model.monodepth_predictor
    depth.encoder.register_forward_hook(note_features)
    depth.decoder.register_forward_hook(
        lambda module, inputs, map_: seen.update(decoder_feature=statistics(map_))
    )
    depth.register_forward_hook(
        lambda module, inputs, out: seen.update(disparity=out.disparity.clone())
    )
    network.prediction_head.register_forward_hook(
        lambda module, inputs, delta: seen.update(delta=delta)
    )
    return seen

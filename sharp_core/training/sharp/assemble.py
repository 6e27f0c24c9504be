"""What a run is assembled from: network, objective, optimizer and data, by the settings."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn

from schemas.errors import WeightsMissingError
from schemas.training_settings import Ablation, Start
from sharp_core.models.sharp.network.model import NetworkStages, SharpNetwork
from sharp_core.models.sharp.network.weights import advising
from sharp_core.training.sharp.freeze import freeze
from sharp_core.training.sharp.initialise import (
    fresh_network,
    hide_second_layer,
    network_from_depth_pro,
    network_from_sharp,
)
from sharp_core.training.sharp.losses.perceptual import PerceptualLoss
from sharp_core.training.sharp.objective import Objective
from sharp_core.training.sharp.prepare import NetworkInput, PreparedPairs, PreparedPhotos
from sharp_core.training.sharp.recompute import recompute_activations
from sharp_core.training.sharp.resnet import load_resnet50
from sharp_core.training.sharp.settings import TrainingSettings
from sharp_core.training.sharp.sources import PairSource, PhotoSource
from sharp_core.training.sharp.stage2 import Teacher

_OTHER_CHECKPOINT = (
    "Give another one with --weights: with --start sharp one of SHARP, of the same --preset; with "
    "--start depth-pro Depth Pro's depth_pro.pt."
)


class Predictor(nn.Module):
    """The network as a module whose call returns all of its stages."""

    def __init__(self, network: SharpNetwork, is_bf16: bool) -> None:
        super().__init__()
        self.network = network
        self._is_bf16 = is_bf16
        if is_bf16:  # disparities, deltas and scale map stay in float32, as in use
            for module in network.float32_modules():
                module.forward = _without_autocast(module.forward)

    def forward(self, seen: NetworkInput) -> NetworkStages:
        """Predict one photo."""
        kind = seen.image.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=self._is_bf16):
            return self.network.stages(seen.image, seen.disparity_factor, seen.true_depth)


def _without_autocast(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def run(first: Tensor, *others: Tensor) -> Tensor:
        with torch.autocast(first.device.type, enabled=False):
            return forward(first, *others)

    return run


def first_network(settings: TrainingSettings) -> SharpNetwork:
    """Return the network that a run starts with. Raises WeightsError."""
    path = settings.weights
    if path is None:
        network = fresh_network(settings.network, settings.seed)
    elif not path.is_file():
        raise WeightsMissingError(f"there is no checkpoint at {path}", _OTHER_CHECKPOINT)
    elif settings.start is Start.SHARP:
        with advising(_OTHER_CHECKPOINT):
            network = network_from_sharp(path, settings.network)
    else:
        with advising(_OTHER_CHECKPOINT):
            network = network_from_depth_pro(path, settings.network, settings.seed)
    if Ablation.ONE_LAYER in settings.ablation:
        hide_second_layer(network)
    return network


def make_trainable(network: SharpNetwork, settings: TrainingSettings) -> None:
    """Freeze what does not train, and make the rest keep as much as memory allows."""
    freeze(
        network,
        patch_encoder=not settings.memory.train_patch_encoder,
        depth=Ablation.FROZEN_DEPTH in settings.ablation,
        alignment=not settings.uses_scale_map,
    )
    if settings.memory.recompute:
        recompute_activations(network)


def make_teacher(network: SharpNetwork, settings: TrainingSettings) -> Teacher:
    """Return the teacher of stage 2: a copy of the network, where it is, that never changes."""
    copy = deepcopy(network).eval().requires_grad_(False)
    return Teacher(copy, settings.pseudo_view, settings.seed)


def make_objective(
    settings: TrainingSettings, device: torch.device, perceptual: PerceptualLoss | None
) -> Objective:
    """Return the losses; `perceptual` takes the place of the one that the settings name."""
    weights = settings.weighted
    if weights.perceptual and perceptual is None:
        assert settings.resnet is not None
        perceptual = PerceptualLoss(load_resnet50(settings.resnet), settings.gram)
    return Objective(
        weights,
        settings.constants,
        None if perceptual is None else perceptual.to(device),
        settings.memory.keep_perceptual_graph,
        settings.linear_color,
    )


def make_optimizer(network: SharpNetwork, settings: TrainingSettings) -> torch.optim.Adam:
    """Return Adam over what trains."""
    chosen = settings.optimizer
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return torch.optim.Adam(trainable, lr=chosen.rate, betas=(chosen.beta1, chosen.beta2))


def prepared_data(
    settings: TrainingSettings, source: PairSource | PhotoSource
) -> PreparedPairs | PreparedPhotos:
    """Return each number's sample as tensors."""
    sizes = (settings.network.resolution, settings.side, settings.flip, settings.seed)
    if settings.stage == 2:
        return PreparedPhotos(cast("PhotoSource", source), *sizes)
    return PreparedPairs(cast("PairSource", source), *sizes)

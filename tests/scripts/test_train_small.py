"""The command of `scripts/train_small.py`, in this process, with a network of a few weights."""

import importlib.util
import json
import signal
import sys
from functools import partial

import pytest

from sharp_core.models.small.network import SmallNetwork
from sharp_core.models.small.weights import load_weights, read_weights_metadata
from sharp_core.training.log_file import LOG
from sharp_core.training.small.checkpoint import DECAY, LATEST, read_checkpoint
from sharp_core.training.small.data import DataSettings
from tests.support.paths import ROOT
from tests.support.small_model import SHAPES, TINY, one_torch_thread, write_depth_photos

pytestmark = pytest.mark.posix

SCRIPT = ROOT / "scripts" / "train_small.py"


@pytest.fixture(scope="module")
def photo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("depth")
    write_depth_photos(folder)
    return folder


@pytest.fixture(autouse=True)
def one_thread():
    with one_torch_thread():
        yield


@pytest.fixture
def script(monkeypatch):
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    spec = importlib.util.spec_from_file_location("train_small", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "SmallNetwork", lambda: SmallNetwork(TINY))
    monkeypatch.setattr(module, "DataSettings", partial(DataSettings, shapes=SHAPES, pairs=50))
    monkeypatch.setattr(module, "validation_scenes", lambda *_: [])
    monkeypatch.setattr(module, "without_twins", lambda photos: photos)  # the made ones are alike
    monkeypatch.setattr(module, "load_imagenet_encoder", lambda *_: None)
    yield module
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def train(script, photo_folder, tmp_path, monkeypatch):
    def run(*options):
        common = [
            "--photos",
            photo_folder,
            "--run",
            tmp_path / "run",
            "--workers",
            0,
            "--threads",
            1,
        ]
        arguments = ["train_small.py", *common, "--procedural", 0, *options]
        monkeypatch.setattr(sys, "argv", [str(argument) for argument in arguments])
        script.main()
        return tmp_path / "run"

    return run


def test_the_same_command_goes_on_and_a_decay_leaves_the_constant_phase(train, tmp_path):
    folder = train("--encoder", "lite0.pth", "--steps", 2)
    assert read_checkpoint(folder / LATEST).step == 2
    train("--steps", 3)
    assert read_checkpoint(folder / LATEST).step == 3

    export = tmp_path / "weights.safetensors"
    train("--decay-steps", 4, "--steps", 5, "--export", export)
    train("--decay-steps", 4, "--export", export)
    assert read_checkpoint(folder / DECAY).step == 7
    assert read_checkpoint(folder / LATEST).step == 3
    load_weights(SmallNetwork(TINY), export)

    train("--steps", 4)
    train("--decay-steps", 2)
    assert read_checkpoint(folder / DECAY).step == 6
    assert int(read_weights_metadata(export)["step"]) in (5, 7)
    records = [json.loads(line) for line in (folder / LOG).read_text().splitlines()]
    assert [record["step"] for record in records if "validation" in record] == [2, 3, 5, 7, 4, 6]


def test_a_new_run_asks_for_the_encoders_weights(train):
    with pytest.raises(SystemExit, match="a new run needs --encoder"):
        train()


def test_a_decay_needs_something_to_decay(train):
    with pytest.raises(SystemExit, match="expected a checkpoint to decay from, found none"):
        train("--decay-steps", 3)


def test_a_signal_stops_after_the_step(script):
    stop = script._Stop(None)
    assert not stop()
    signal.raise_signal(signal.SIGTERM)
    assert stop()
    assert script._Stop(minutes=-1.0)()

"""What every command of the program has in common. The commands are asked of the program."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer.main

from jobs.cli import COMMANDS, main, make_command_line
from pipeline.store.layout import CATALOG_FILE
from schemas.errors import ExitCode
from sharp_core.formats.registry import write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.models.sharp.network.config import PRESETS
from sharp_core.models.small import predictor
from tests.support.made_photos import make_photos
from tests.support.narrow_sharp import NARROW
from tests.support.paths import ROOT
from tests.support.scenes import photo_scene
from tests.support.small_model import one_torch_thread
from tests.support.stereo_scene import mpo_bytes
from tests.support.trivial_model import ingest
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.posix


def commands() -> dict[str, Any]:
    """Return every command with its options, also those of groups, as `catalog import`."""
    found = {}
    for name, command in typer.main.get_command(make_command_line()).commands.items():
        inner = getattr(command, "commands", None)
        found |= (
            {f"{name} {part}": one for part, one in inner.items()} if inner else {name: command}
        )
    return found


ALL = commands()
CELLS = 32  # of the model's grid, a side
# Of each command, what it does quietly here; {library} is one with two scenes.
QUIET = {
    "ingest": "{photos} --library {library} --model small --inline --limit 1",
    "status": "--library {library}",
    "query": "--library {library}",
    "show": "{photos}/photo000.jpg --library {library}",
    "predict": "{photos}/photo000.jpg -o {out}/a.ply --model small",
    "preview": "--kind still --width 32 --library {library} --inline",
    "score": "--again --library {library} --inline",
    "export": "--kind ply --to {out}/exported --library {library} --inline",
    "render": "{out}/scene.ply -o {out}/a.png --width 32",
    "convert": "--format sog --quality small --library {library} --inline",
    "evaluate": "{stereo} -o {out}/evaluation --model small --pictures none --inline",
    "train": "--config {out}/train.toml --out {out}/training",
    "nightly": "--config {out}/nightly.toml --check",
    "verify": "--library {library}",
    "gc": "--library {library}",
    "catalog snapshot": "--library {library}",
    "catalog migrate": "--library {library}",
    "catalog import": "--library {snapshot}",
    "gallery": "--library {library} --port {port}",
    "share list": "--library {library}",
    "share revoke": "--all --library {library}",
    "model list": "",
    "model fetch": "",
    "model info": "--checkpoint {out}/scene.ply",
    "doctor": "--library {library}",
}


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


# Here they end with an error, which quiet prints all the same: there are no weights.
WITH_ERROR = {"model fetch", "model info"}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    root = tmp_path_factory.mktemp("quiet")
    make_photos(root / "photos", 2)
    ingest(root / "library", root / "photos")
    shutil.copytree(root / "library", root / "snapshot")
    (root / "snapshot" / CATALOG_FILE).unlink()
    write_scene(root / "scene.ply", photo_scene(cells=24), SceneInfo(200.0, 80, 60))
    config = f"library = '{root}/library'\n[[sources]]\npath = '{root}/photos'\n"
    (root / "nightly.toml").write_text(config)
    (root / "train.toml").write_text(
        "steps = 1\nrender_side = 32\nloaders = 0\n[reports]\npictures = 1\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (root / "stereo").mkdir()
    (root / "stereo" / "pair.mpo").write_bytes(mpo_bytes())
    names = ("photos", "library", "snapshot", "stereo")
    return {name: root / name for name in names} | {"out": root, "port": port}


def test_every_command_is_a_command_of_the_program() -> None:
    assert {name.split()[0] for name in ALL} == set(COMMANDS)
    assert set(QUIET) == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_the_options_of_all(name: str) -> None:
    assert {"--json", "--quiet", "-q", "--verbose", "-v"} <= options_of(ALL[name])
    assert ALL[name].help


@pytest.mark.parametrize("name", sorted(set(ALL) - {"predict", "render", "nightly"}))
def test_every_command_with_a_library_has_its_options(name: str) -> None:
    has_library = not name.startswith("model ")
    assert ({"--library", "--catalog"} <= options_of(ALL[name])) == has_library


@pytest.fixture
def _small_scenes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The bundled model makes scenes of a few Gaussians, and the tiny network is narrow."""
    monkeypatch.setattr(predictor, "load", lambda *_: predictor.SmallPredictor(cells=CELLS))
    monkeypatch.setitem(PRESETS, "tiny", NARROW)
    with one_torch_thread():
        yield


@pytest.mark.usefixtures("_small_scenes")
@pytest.mark.parametrize("name", sorted(set(QUIET) - WITH_ERROR - {"gallery"}))
def test_quiet_prints_nothing(
    places: dict[str, object], capfd: pytest.CaptureFixture[str], name: str
) -> None:
    arguments = QUIET[name].format(**places).split()
    make_command_line()([*name.split(), *arguments, "--quiet"], standalone_mode=False)
    assert capfd.readouterr() == ("", "")


def test_a_quiet_gallery_prints_nothing(places: dict[str, object]) -> None:
    arguments = QUIET["gallery"].format(**places).split()
    command = [sys.executable, "-c", "from jobs.cli import main; main()", "gallery", *arguments]
    process = subprocess.Popen(
        [*command, "-q"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_for_port(int(str(places["port"])))
    finally:
        process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=PATIENCE_SECONDS) == (b"", b"")


def wait_for_port(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail("the gallery does not listen")


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., object]]:
    """Run the program in this process, and return its exit code."""
    handler = signal.getsignal(signal.SIGINT)

    def run(*arguments: str) -> object:
        monkeypatch.setattr(sys, "argv", ["sharp-batch", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code

    yield run
    signal.signal(signal.SIGINT, handler)


def test_an_error_is_printed_although_quiet_is_asked_for(
    program: Callable[..., object], capfd: pytest.CaptureFixture[str]
) -> None:
    assert program("status", "--library", "/nowhere", "-q") == ExitCode.USAGE
    assert "holds no library" in capfd.readouterr().err


def test_quiet_prints_what_json_asks_for(
    places: dict[str, object],
    program: Callable[..., object],
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert not program("status", "--library", str(places["library"]), "-q", "--json")
    out, errors = capfd.readouterr()
    assert json.loads(out)["photos"]
    assert errors == ""

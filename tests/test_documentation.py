"""The README and docs/: their commands work, their links lead somewhere, the README stays short."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from sharp_core.formats.registry import write_scene
from tests.support.cli import many_commands
from tests.support.clouds import cloud
from tests.support.doc_commands import PAGES, DocCommand, commands_of, option_checker
from tests.support.made_photos import make_photo
from tests.support.made_up_plugin import install
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
# What needs another machine, weights, minutes or a link of the gallery: its options are checked.
ELSEWHERE = re.compile(
    r"--address|--submit|--run-hook|s3://|postgresql|sharp\b.*--model sharp|fetch|info sharp"
    r"|share revoke [0-9a-f]+$"
)
NOT_RUN = {"gallery", "train", "evaluate", "doctor"}
OTHER_PROGRAMS = {
    *("source", "pip", "pipx", "uv", "mkdocs", "python", "python3", "docker", "kubectl"),
    *("for", "done", "printf", "tail", "mv", "find"),
}
# What precedes the arguments of sharp-batch in a container: the image, or the service of compose.
IMAGE = re.compile(r"sharp-batch:\w+|--entrypoint=sharp-batch")
SPLATS = ("coffee.ply", "coffee.sog")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def error_of() -> Iterator[Callable[[list[str]], str | None]]:
    with option_checker() as check:
        yield check


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_options_of_each_command_are_right(
    page: Path, error_of: Callable[[list[str]], str | None]
) -> None:
    for command in commands_of(page):
        program, *arguments = command.words
        if program == "sharp-batch":
            # Some options take folders that exist only.
            there = [str(ROOT) if word.startswith("~/") else word for word in arguments]
            written = {"-", *(one.output for one in commands_of(page))}  # by another command
            there = [str(ROOT / "LICENSE") if word in written else word for word in there]
            assert error_of(there) is None, command
        elif program == "docker" and "run" in arguments:
            (place,) = [i for i, word in enumerate(arguments) if IMAGE.fullmatch(word)]
            service = arguments[0] == "compose"  # its name comes first
            assert error_of(arguments[place + 1 + service :]) is None, command
        elif program.startswith(".venv/bin/"):
            assert program.removeprefix(".venv/bin/") in OTHER_PROGRAMS, command
        elif program.startswith("./"):
            assert os.access(ROOT / program, os.X_OK), command
        else:
            assert program in OTHER_PROGRAMS, command
        for file in re.findall(r"(?:scripts|docker)/[\w./-]+", str(command)):
            assert (ROOT / file).exists(), command


class Sandbox:
    """A folder with a home, a few photos and a library, in which commands run."""

    def __init__(self, folder: Path, run: Callable[..., Any]) -> None:
        self.folder = folder
        self._run = run
        self._inline: dict[str, bool] = {}

    def run(self, command: DocCommand) -> None:
        for name in SPLATS:  # small ones, whatever a command has written there
            write_scene(self.folder / name, cloud(50))
        arguments = [word for given in command.words[1:] for word in self._expanded(given)]
        if command.words[0] == "mv":
            (self.folder / arguments[0]).rename(self.folder / arguments[1])
            return
        if self._takes_inline(arguments[0]):
            arguments.append("--inline")
        result = self._run(*arguments)
        assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
        if command.output is not None:
            (self.folder / command.output).write_text(result.stdout)

    def _expanded(self, word: str) -> list[str]:
        """Return what a shell makes of a word."""
        word = word.replace("~", str(self.folder), 1) if word.startswith("~/") else word
        path = Path(word)
        has_pattern = "*" in path.name and path.parent.is_dir() and path.is_absolute()
        return sorted(map(str, path.parent.glob(path.name))) if has_pattern else [word]

    def _takes_inline(self, name: str) -> bool:
        if name not in self._inline:
            self._inline[name] = "--inline" in self._run(name, "--help").stdout
        return self._inline[name]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Give a sandbox whose model is quick: another package's, found by its entry point."""
    folder = tmp_path_factory.mktemp("documentation")
    plugins = tmp_path_factory.mktemp("plugins")
    install(plugins)
    for index, name in enumerate(("beach.jpg", "scans/a.jpg")):
        photo = make_photo(folder / "Photos" / name, index)
        with Image.open(photo) as picture:
            picture.save(photo, exif=taken_at("2021:07:04 12:00:00"))
    for name in ("tests", "pipeline"):
        (folder / name).symlink_to(ROOT / name)
    environment = {
        **os.environ,
        "HOME": str(folder),
        "SHARP_BATCH_HOME": str(folder / "cache"),
        "SHARP_BATCH_MODEL": "guess",
        "PYTHONPATH": os.pathsep.join([str(plugins), str(ROOT)]),
    }
    environment.pop("SHARP_BATCH_LIBRARY", None)
    with many_commands(environment, folder) as run:
        here = Sandbox(folder, run)
        here.run(DocCommand(["sharp-batch", "ingest", "~/Photos"], None))
        yield here


def taken_at(time: str) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = time
    return exif


def runs_here(command: DocCommand) -> bool:
    program, *arguments = command.words
    if program == "mv":
        return True
    if program != "sharp-batch" or arguments[-1] == "-" or ELSEWHERE.search(str(command)):
        return False
    return arguments[0] not in NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_each_command_that_can_run_here_ends_well(page: Path, sandbox: Sandbox) -> None:
    for command in commands_of(page):
        if runs_here(command):
            sandbox.run(command)


def test_extras_that_are_named_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named_extras = {
        name
        for page in PAGES
        for names in re.findall(r"pip install[^\n]*'[^'\n]*\[([\w,]+)\]'", page.read_text())
        for name in names.split(",")
    }
    assert len(named_extras) > 4
    assert named_extras <= set(extras)


def test_the_links_of_the_readme_lead_to_files() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", README)
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_readme_has_at_most_1200_words_and_three_small_pictures() -> None:
    assert len(README.split()) <= 1200
    pictures = re.findall(r"!\[[^\]]{20,}\]\((.*?)\)", README)
    assert len(pictures) == 3
    assert all((ROOT / picture).stat().st_size < 1_000_000 for picture in pictures)
